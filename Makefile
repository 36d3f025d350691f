# qfs: a PostgreSQL extension.
#
#   make && make install && make installcheck    the DBA's way
#   make bridge && make install-bridge           the program for followers and streams: docs/event-bridge.md
#   make demo                                    see it work, on throw-away servers
#   make install-tracker                         the program that sends errors to a tracker: docs/tracker.md
#   make check                                   every test, on throw-away servers
#   make check-determinism                       two of its suites: nothing but the ledger decides what it computes
#   make fuzz                                    libFuzzer for long, QFS_FUZZ_SECONDS a target (600)
#   make check-lint                              cppcheck, clang-tidy; not part of make check, like those below
#   make check-valgrind                          the regression tests on a server under valgrind
#   make check-live                              kills at random of what is live, for minutes
#   make check-mutants                           planted faults, each to be caught by make check
#   make check-matrix                            the same on every PostgreSQL, in chroots
#   make check-observer                          who asks every public door learns nothing: a thousand accounts
#   make bench                                   measured against the alternatives
#
# The version's one home is qfs.control.

# These bring what they need, PostgreSQL's build system included.
OWN_TARGETS = check check-live check-matrix check-determinism check-lint check-valgrind check-mutants check-observer fuzz demo bench

ifneq (,$(filter $(OWN_TARGETS),$(MAKECMDGOALS)))

check check-live check-matrix check-lint check-valgrind check-mutants check-observer demo bench:
	@scripts/$@

check-determinism:
	@scripts/check purity determinism

fuzz:
	@scripts/packages check
	@QFS_FUZZ_SECONDS=$${QFS_FUZZ_SECONDS:-600} scripts/check-fuzz

.PHONY: $(OWN_TARGETS)

else

EXTENSION  = qfs
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" qfs.control)
MODULE_big = qfs

CORE_OBJS = $(patsubst %.c,%.o,$(wildcard src/core/*/*.c src/core/*/*/*.c))
PG_OBJS   = $(patsubst %.c,%.o,$(wildcard src/pg/*.c src/pg/*/*.c))
CLI_OBJS  = $(patsubst %.c,%.o,$(wildcard src/cli/*.c))
BRIDGE_OBJS = $(patsubst %.c,%.o,$(wildcard src/bridge/*.c))
OBJS      = $(CORE_OBJS) $(PG_OBJS)

SQL_PARTS  = $(sort $(wildcard sql/install/*.sql))
# From a released version to the next: sql/update/1.0--1.1.sql has what is new.
SQL_UPDATES = $(patsubst sql/update/%.sql,sql/qfs--%.sql,$(wildcard sql/update/*.sql))
DATA_built  = sql/qfs--$(EXTVERSION).sql $(SQL_UPDATES)

LIBS_CORE   = -lsodium -lsecp256k1 -lcrypto
SHLIB_LINK  = $(LIBS_CORE)
# Whoever links a name of ours from outside finds those of this list alone.
SHLIB_EXPORTS = src/pg/exports.txt
PG_CPPFLAGS = -Isrc/core -Isrc $(ASSERTIONS) $(DEPENDENCIES) -DQFS_VERSION='"$(EXTVERSION)"'
PG_CFLAGS   = -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers $(WERROR)

# pg_regress finds test/sql; the isolation tester finds test/specs.  What they expect is in expected.
# What they write goes elsewhere where the tree cannot be written to: make installcheck QFS_OUTPUT=/tmp/qfs
QFS_OUTPUT    ?= test/output
REGRESS        = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS   = --inputdir=test --outputdir=$(QFS_OUTPUT) --load-extension=qfs
ISOLATION      = $(patsubst test/specs/%.spec,%,$(sort $(wildcard test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test --outputdir=$(QFS_OUTPUT) --load-extension=qfs

# Beside each object its headers, as the compiler found them.
DEPENDENCIES     = -MMD -MP
DEPENDENCY_FILES = $(patsubst %.o,%.d,$(OBJS) $(CLI_OBJS) $(BRIDGE_OBJS))

EXTRA_CLEAN = qfs-verify qfs-bridge src/cli/*.o src/bridge/*.o src/pg/manifest/*.inc $(DEPENDENCY_FILES) src/tracker/codes.tsv build test/output

# Bitcode for JIT inlining would need clang, and buys a C trigger nothing.
override with_llvm = no

PG_CONFIG ?= pg_config

# A server with assertions gets ours, too: src/core/base/assert.h.
ASSERTIONS := $(if $(findstring --enable-cassert,$(shell $(PG_CONFIG) --configure)),-DQFS_ASSERTIONS)

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# src/core knows no PostgreSQL header and no floating-point register.  The same
# objects go into the extension and into qfs-verify.
CORE_FLAGS := $(shell echo 'int x;' | $(CC) -mgeneral-regs-only -x c -c -o /dev/null - 2>/dev/null && echo -mgeneral-regs-only)
CORE_CFLAGS = -std=c11 -O2 -g -fPIC -fstack-protector-strong -Wall -Wextra -Wshadow \
	-Wmissing-prototypes -Wstrict-prototypes -Isrc/core $(ASSERTIONS) $(DEPENDENCIES) $(WERROR) $(CORE_FLAGS)

$(CORE_OBJS): %.o: %.c Makefile
	$(CC) $(CORE_CFLAGS) -c -o $@ $<

$(PG_OBJS): Makefile qfs.control

# Queries that are easier to read in files of their own, as C strings.
src/pg/manifest/manifest.o: src/pg/manifest/describe.sql.inc src/pg/manifest/compare.sql.inc
%.sql.inc: %.sql
	sed -e '/^--/d' -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' $< > $@

$(CLI_OBJS): %.o: %.c Makefile qfs.control
	$(CC) -std=c11 -D_POSIX_C_SOURCE=200809L -O2 -g -Wall -Wextra $(WERROR) \
		-Isrc/core $(ASSERTIONS) $(DEPENDENCIES) -DQFS_VERSION='"$(EXTVERSION)"' -c -o $@ $<

# What qfs-bridge needs beside libpq, whoever only wants the extension does not need.
BRIDGE_CPPFLAGS = -I$(shell $(PG_CONFIG) --includedir)
BRIDGE_LIBS     = -L$(shell $(PG_CONFIG) --libdir) -lpq -lhiredis -lcurl

$(BRIDGE_OBJS): %.o: %.c Makefile qfs.control
	$(CC) -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -O2 -g -fstack-protector-strong -Wall -Wextra -Wshadow \
		-Wmissing-prototypes -Wstrict-prototypes $(WERROR) -Isrc $(BRIDGE_CPPFLAGS) $(DEPENDENCIES) \
		-DQFS_VERSION='"$(EXTVERSION)"' -c -o $@ $<

# An object is made again when a header that it includes has changed.
-include $(DEPENDENCY_FILES)

qfs-verify: $(CLI_OBJS) $(CORE_OBJS)
	$(CC) -o $@ $^ $(LIBS_CORE)

qfs-bridge: $(BRIDGE_OBJS)
	$(CC) -o $@ $^ $(BRIDGE_LIBS)

# The page of qfs_api.app() is made of src/web, qfs_api.explanation_schema() is the file of docs; perl comes with PostgreSQL's build system.
WEB_FILES = $(wildcard src/web/*.* src/web/*/*.mjs)

sql/qfs--$(EXTVERSION).sql: $(SQL_PARTS) $(WEB_FILES) docs/explanation.schema.json scripts/build-page
	cat $(SQL_PARTS) | perl scripts/build-page src/web docs/explanation.schema.json > $@.new
	mv $@.new $@

# Owners and PUBLIC's privileges go by what is there, new or old.
$(SQL_UPDATES): sql/qfs--%.sql: sql/update/%.sql sql/install/90_owner.sql
	(printf '%s\n' '\echo Use "ALTER EXTENSION qfs UPDATE" to load this file. \quit'; cat $^) > $@

all: qfs-verify tracker

# Debian's server programs are not on PATH, so the verifier goes elsewhere.
QFS_BINDIR ?= /usr/local/bin
QFS_MANDIR ?= /usr/local/share/man

install: install-verify
install-verify: qfs-verify
	$(MKDIR_P) '$(DESTDIR)$(QFS_BINDIR)'
	$(INSTALL_PROGRAM) qfs-verify '$(DESTDIR)$(QFS_BINDIR)/qfs-verify'

# Beside make and make install: the program that followers and streams need.
bridge: qfs-bridge

install-bridge: qfs-bridge
	$(MKDIR_P) '$(DESTDIR)$(QFS_BINDIR)' '$(DESTDIR)$(QFS_MANDIR)/man8'
	$(INSTALL_PROGRAM) qfs-bridge '$(DESTDIR)$(QFS_BINDIR)/qfs-bridge'
	$(INSTALL_DATA) docs/qfs-bridge.8 '$(DESTDIR)$(QFS_MANDIR)/man8/qfs-bridge.8'

uninstall-bridge:
	rm -f '$(DESTDIR)$(QFS_BINDIR)/qfs-bridge' '$(DESTDIR)$(QFS_MANDIR)/man8/qfs-bridge.8'

uninstall: uninstall-verify
uninstall-verify:
	rm -f '$(DESTDIR)$(QFS_BINDIR)/qfs-verify'

# Errors to a tracker, where somebody wants that: docs/tracker.md.
TRACKER_FILES  = $(wildcard src/tracker/*.py) src/tracker/codes.tsv
QFS_TRACKERDIR ?= /usr/local/lib/qfs-tracker

tracker: src/tracker/codes.tsv
src/tracker/codes.tsv: src/core/base/status.def qfs.control scripts/generate-errors
	perl scripts/generate-errors --list > $@.new
	mv $@.new $@

install-tracker: tracker
	$(MKDIR_P) '$(DESTDIR)$(QFS_TRACKERDIR)' '$(DESTDIR)$(QFS_BINDIR)' '$(DESTDIR)$(QFS_MANDIR)/man8'
	$(INSTALL_DATA) $(TRACKER_FILES) '$(DESTDIR)$(QFS_TRACKERDIR)'
	$(INSTALL_PROGRAM) src/tracker/qfs-tracker '$(DESTDIR)$(QFS_TRACKERDIR)/qfs-tracker'
	ln -sf '$(QFS_TRACKERDIR)/qfs-tracker' '$(DESTDIR)$(QFS_BINDIR)/qfs-tracker'
	$(INSTALL_DATA) docs/qfs-tracker.8 '$(DESTDIR)$(QFS_MANDIR)/man8/qfs-tracker.8'

uninstall-tracker:
	rm -rf '$(DESTDIR)$(QFS_TRACKERDIR)' '$(DESTDIR)$(QFS_BINDIR)/qfs-tracker' '$(DESTDIR)$(QFS_MANDIR)/man8/qfs-tracker.8'

installcheck: | installcheck-output installcheck-role

# PostgreSQL 15 looks for what is expected in the output directory, 16 and later here, too.
installcheck-output:
	@$(MKDIR_P) '$(QFS_OUTPUT)' 2> /dev/null && test -w '$(QFS_OUTPUT)' && ln -sfn '$(CURDIR)/expected' '$(QFS_OUTPUT)/expected' || \
		{ echo '$(QFS_OUTPUT) cannot be written to by '$$(id -un)': make installcheck QFS_OUTPUT=/a/directory/that/can' >&2; exit 1; }

# Whoever builds as root has no role of that name.
installcheck-role:
	@test "$$('$(bindir)/psql' -XAtqd postgres -c 'SELECT rolsuper FROM pg_roles WHERE rolname = current_user')" = t || \
		{ echo 'installcheck connects as psql does, and needs a superuser of the server: run it as the user postgres, or set PGUSER and PGHOST' >&2; exit 1; }

.PHONY: bridge install-bridge uninstall-bridge install-verify uninstall-verify tracker install-tracker uninstall-tracker installcheck-output installcheck-role

endif
