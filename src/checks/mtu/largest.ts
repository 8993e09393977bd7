/** The largest number for which something holds that holds for all smaller ones: found by halving. */

/** `most`: what the refusal names as possible. */
export type Trial = { readonly holds: true } | { readonly holds: false; readonly most?: number | undefined };

/** It holds for `low`, and `refused` is the trial of `tooMuch`. What a refusal names is tried next. Ends early when `stop` is true. */
export async function largest(
  low: number,
  tooMuch: number,
  refused: Trial,
  attempt: (value: number) => Promise<Trial>,
  stop: () => boolean,
): Promise<number> {
  let trial = refused;
  let value = tooMuch;
  let high = tooMuch;
  while (!stop()) {
    if (trial.holds) low = value;
    else high = value - 1;
    const named = trial.holds ? undefined : trial.most;
    if (named !== undefined && named > low && named <= high) value = high = named;
    else value = Math.ceil((low + high) / 2);
    if (low >= high) break;
    trial = await attempt(value);
  }
  return low;
}
