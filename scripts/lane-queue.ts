/**
 * Hands jobs to lanes: a number at once, none together with one that it excludes, and those that need the machine for themselves
 * at the end.
 */

interface Queued {
  readonly exclusive?: string;
  readonly machine?: true;
}

/**
 * Runs all, in their order as far as lanes are free; resolves when the last one is done. `beside`: the lanes that are used while there
 * are exclusive jobs, which keep processors busy all the while; default: all.
 */
export async function runInLanes<T extends Queued>(
  jobs: readonly T[],
  lanes: number,
  run: (job: T) => Promise<void>,
  beside = lanes,
): Promise<void> {
  const waiting = jobs.filter(({ machine }) => machine !== true);
  const busy = new Set<string>();
  let wake = Promise.withResolvers<void>();
  const heavy = (): boolean => busy.size > 0 || waiting.some(({ exclusive }) => exclusive !== undefined);
  const lane = async (number: number): Promise<void> => {
    while (waiting.length > 0) {
      if (number >= beside && heavy()) {
        await wake.promise;
        continue;
      }
      const index = waiting.findIndex(({ exclusive }) => exclusive === undefined || !busy.has(exclusive));
      if (index < 0) {
        // All that waits excludes what runs.
        await wake.promise;
        continue;
      }
      const [job] = waiting.splice(index, 1);
      if (job === undefined) return;
      if (job.exclusive !== undefined) busy.add(job.exclusive);
      await run(job);
      if (job.exclusive === undefined) continue;
      busy.delete(job.exclusive);
      wake.resolve();
      wake = Promise.withResolvers();
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
  for (const job of jobs) if (job.machine === true) await run(job);
}
