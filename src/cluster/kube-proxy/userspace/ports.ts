/**
 * On which port of the node each Service port's proxy listens (--proxy-port-range): above the ports that the kernel gives to
 * clients, the same ones as long as no two Services collide, so that a change of one does not affect the others.
 */
import { sha256 } from "../../../net/digest.ts";
import type { ProxiedPort } from "../service-ports.ts";

/** net.ipv4.ip_local_port_range ends at 60999. */
const FIRST = 61_000;
const LAST = 65_535;
export const PORT_COUNT = LAST - FIRST + 1;

function wish(text: string): number {
  return sha256(text).readUInt32BE(0) % PORT_COUNT;
}

/** `taken`: `tcp 61000`, used by others on the node. One for which there is none left is not in the result. */
export function proxyPorts(
  ports: readonly ProxiedPort[],
  taken: ReadonlySet<string>,
): ReadonlyMap<ProxiedPort, number> {
  const used = new Set(taken);
  const given = new Map<ProxiedPort, number>();
  for (const port of ports) {
    const first = wish(`${port.name}/${port.protocol}`);
    let step = 0;
    const number = (): number => FIRST + ((first + step) % PORT_COUNT);
    while (step < PORT_COUNT && used.has(`${port.protocol} ${number()}`)) step++;
    if (step === PORT_COUNT) continue;
    used.add(`${port.protocol} ${number()}`);
    given.set(port, number());
  }
  return given;
}
