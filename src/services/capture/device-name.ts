/** The name of a device by its index in a namespace, for packets captured on `any`. */
import { enterNetns, type NetnsHandle } from "../../kernel/netns.ts";
import { interfaceName } from "../../kernel/socket.ts";

/** Names seen so far: namespace inode → index → name. Indices are not used twice in the life of a namespace. */
const known = new Map<string, string>();

/** undefined when there is no such device (any more). */
export function deviceName(handle: NetnsHandle, index: number): string | undefined {
  const key = `${handle.inode}:${index}`;
  const cached = known.get(key);
  if (cached !== undefined) return cached;
  const name = enterNetns(handle, () => interfaceName(index));
  if (name !== undefined) known.set(key, name);
  return name;
}
