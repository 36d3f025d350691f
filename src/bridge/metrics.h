/*
 * metrics.h - numbers for Prometheus, as a file for the node exporter's textfile collector.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * https://prometheus.io/docs/instrumenting/exposition_formats, text format 0.0.4.
 */
#ifndef QFS_BRIDGE_METRICS_H
#define QFS_BRIDGE_METRICS_H

#include <stdint.h>

#include "bridge/config.h"

/* From here on the setting `metrics_file` is written every five seconds; command: label of every number. */
extern void metrics_open(const Config *config, const char *command);

/*
 * A counter grows by n; a gauge is n.
 * name:   qfs_bridge_…, of a counter …_total; help: one line
 * stream: label of that name; NULL: none
 */
extern void metrics_count(const char *name, const char *help, const char *stream, int64_t n);
extern void metrics_gauge(const char *name, const char *help, const char *stream, int64_t n);

/* Writes the file if its time has come; to be called again and again. */
extern void metrics_tick(void);

/* Writes it now. */
extern void metrics_write(void);

#endif
