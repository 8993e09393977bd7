/** Lists put together. `push(...list)` hands each entry over on the stack, which has room for about 100,000. */

export function append<T>(to: T[], more: readonly T[]): void {
  for (const one of more) to.push(one);
}

/** Adds a value to the list of a key. */
export function addTo<K, V>(
  lists: { get(key: K): V[] | undefined; set(key: K, list: V[]): unknown },
  key: K,
  value: NoInfer<V>,
): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
