/** Ports from which programs send by default (net.ipv4.ip_local_port_range). */
const EPHEMERAL = { first: 32_768, last: 60_999 };

interface Range {
  readonly first: number;
  readonly last: number;
}

/** Whether a program sends from one of these ports; undefined: some ports would, and which one it has is not known before. */
export function sendsFrom(ranges: readonly Range[]): boolean | undefined {
  if (ranges.some(({ first, last }) => first <= EPHEMERAL.first && last >= EPHEMERAL.last)) return true;
  return ranges.some(({ first, last }) => first <= EPHEMERAL.last && last >= EPHEMERAL.first) ? undefined : false;
}
