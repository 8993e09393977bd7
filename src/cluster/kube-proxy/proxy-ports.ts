/**
 * On which port of the node each Service port's proxy listens (--proxy-port-range): above the ports that the kernel gives to
 * clients, the same ones as long as no two Services collide, so that a change of one does not affect the others.
 */
import { sha256 } from "../../net/digest.ts";
import { InputError } from "../../errors.ts";
import type { Cause } from "../../cause.ts";
import type { ProxiedPort } from "./service-ports.ts";

/** net.ipv4.ip_local_port_range ends at 60999. */
const FIRST = 61_000;
const LAST = 65_535;
const COUNT = LAST - FIRST + 1;

function wish(text: string): number {
  return sha256(text).readUInt32BE(0) % COUNT;
}

/** `taken`: `tcp 61000`, used by others on the node. Throws InputError when there are more Service ports than ports. */
export function proxyPorts(
  ports: readonly ProxiedPort[],
  taken: ReadonlySet<string>,
  cause: Cause,
): ReadonlyMap<ProxiedPort, number> {
  const used = new Set(taken);
  const given = new Map<ProxiedPort, number>();
  for (const port of ports) {
    const first = wish(`${port.name}/${port.protocol}`);
    let step = 0;
    const number = (): number => FIRST + ((first + step) % COUNT);
    while (step < COUNT && used.has(`${port.protocol} ${number()}`)) step++;
    if (step === COUNT)
      throw new InputError([
        {
          severity: "error",
          message: `kube-proxy in userspace mode has ports for ${COUNT} Service ports, and there are more`,
          source: cause.source,
          hint: "use mode iptables or nftables",
        },
      ]);
    used.add(`${port.protocol} ${number()}`);
    given.set(port, number());
  }
  return given;
}
