// one_at_a_time.mjs - something that is asked for again while it is being done.
//
// SPDX-License-Identifier: AGPL-3.0-only

// A function that does the task, and once more if it was called meanwhile, for what came too late for the first time.
export function oneAtATime(task) {
  let isBusy = false;
  let again = false;
  return async () => {
    again = true;
    if (isBusy) return;
    isBusy = true;
    try {
      while (again) {
        again = false;
        await task();
      }
    } finally {
      isBusy = false;
    }
  };
}
