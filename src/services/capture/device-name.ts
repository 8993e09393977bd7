/** The name of a device by its index in a namespace, for packets captured on `any`. */
import { declare } from "../../kernel/libc.ts";
import { enterNetns } from "../../kernel/netns.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";

const IF_NAMESIZE = 16;
const ifIndexToName = declare<[index: number, name: Buffer]>(
  "void *if_indextoname(unsigned int index, _Out_ char *name)",
);

/** Names seen so far: namespace inode → index → name. Indices are not used twice in the life of a namespace. */
const known = new Map<string, string>();

/** undefined when there is no such device (any more). */
export function deviceName(handle: NetnsHandle, index: number): string | undefined {
  const key = `${handle.inode}:${index}`;
  const cached = known.get(key);
  if (cached !== undefined) return cached;
  const buffer = Buffer.alloc(IF_NAMESIZE);
  enterNetns(handle, () => ifIndexToName(index, buffer));
  const name = buffer.toString("latin1", 0, buffer.indexOf(0));
  if (name === "") return undefined;
  known.set(key, name);
  return name;
}
