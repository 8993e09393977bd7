/** Whether the host's neighbour tables, one for all network namespaces, overflowed while checks ran: what then fails may not be the lab's fault. */
import { readFileSync } from "node:fs";

/** Entries that the kernel refused since boot, of both families together; undefined outside of the host's own namespace. */
export function tableFulls(): number | undefined {
  try {
    return ["arp_cache", "ndisc_cache"].reduce(
      (sum, name) => sum + countTableFulls(readFileSync(`/proc/net/stat/${name}`, "utf8")),
      0,
    );
  } catch {
    return undefined;
  }
}

/** Sum of the column `table_fulls`: a line per processor, hexadecimal. */
export function countTableFulls(text: string): number {
  const [names = "", ...processors] = text.trim().split("\n");
  const column = names.trim().split(/\s+/).indexOf("table_fulls");
  if (column < 0) return 0;
  return processors.reduce((sum, line) => sum + Number.parseInt(line.trim().split(/\s+/)[column] ?? "0", 16), 0);
}

/** A sentence to append to what a failed check got; empty when nothing was refused since `before`. */
export function overflowNote(before: number | undefined): string {
  const now = tableFulls();
  if (before === undefined || now === undefined || now <= before) return "";
  return `. Meanwhile the host's neighbour table, one for all namespaces, was full ${now - before} times (gc_thresh3): up --tune-host raises it`;
}
