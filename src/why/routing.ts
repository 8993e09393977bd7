/** What a namespace's kernel does with a packet, by its own answer: `ip route get` (RTM_GETROUTE), neighbours and links. */
import type { AgentClient } from "../agent/client.ts";
import { formatNamespace } from "../net/place.ts";
import type { NamespaceState } from "../resources/observed.ts";
import type { Family } from "../net/family.ts";
import { canonicalSysctl } from "../resources/sysctl-key.ts";

export interface RouteQuestion {
  readonly ns: string;
  readonly to: string;
  readonly family: Family;
  /** For an incoming packet: its source, and the device. */
  readonly from?: string | undefined;
  readonly iif?: string | undefined;
  /** Bytes, of a packet that must not be fragmented. */
  readonly size?: number | undefined;
}

const TIMEOUT = 5000;

interface RouteAnswer {
  readonly error?: string | undefined;
  readonly type: string;
  readonly dev?: string | undefined;
  readonly via?: string | undefined;
}

async function askRoute(
  client: AgentClient,
  { ns, to, family, from, iif }: RouteQuestion,
): Promise<RouteAnswer | undefined> {
  const source = from === undefined || iif === undefined ? [] : ["from", from, "iif", iif];
  const argv = ["ip", family === "ipv6" ? "-6" : "-4", "route", "get", to, ...source];
  const result = await client.call("run", { ns, argv, timeout: TIMEOUT }).catch(() => undefined);
  if (result === undefined) return undefined;
  const text = result.stdout.trim();
  const [, type = "unicast"] = /^(local|broadcast|unreachable|blackhole|prohibit|throw) /.exec(text) ?? [];
  const word = (name: string): string | undefined => new RegExp(`\\b${name} (\\S+)`).exec(text)?.[1];
  const error = /RTNETLINK answers: (.+)/.exec(result.stderr)?.[1];
  return { type, dev: word("dev"), via: word("via"), ...(error === undefined ? {} : { error }) };
}

/** Undefined: routing lets the packet pass. `state`: the current namespace, with the requested sysctls. */
export async function routingProblem(
  client: AgentClient,
  question: RouteQuestion,
  state: NamespaceState | undefined,
): Promise<string | undefined> {
  const answer = await askRoute(client, question);
  if (answer === undefined) return undefined;
  const { to, iif, from, family } = question;
  const where = formatNamespace(question.ns);
  const off = iif === undefined || answer.type === "local" ? undefined : forwardingOff(state, family, iif);
  if (answer.error === undefined && answer.type !== "unicast" && answer.type !== "local" && answer.type !== "broadcast")
    return `${where} has ${article(answer.type)} ${answer.type} route or rule for ${to}`;
  switch (answer.error) {
    case undefined:
      break;
    case "Network is unreachable":
      return `${where} has no route to ${to}`;
    case "Invalid cross-device link":
      return reversePathText(where, from, iif);
    case "Permission denied":
      return `${where} has a prohibit route or rule for ${to}`;
    case "Invalid argument":
      for (const back of await waysBack(client, question))
        if (back.dev !== iif) return reversePathText(where, from, iif, back.from);
      if (state?.addrs.some(({ address }) => address.split("/")[0] === from) === true)
        return `${where} drops it: its source ${from} is an address of ${where} itself`;
      return hasBlackhole(state)
        ? `${where} has a blackhole route or rule for ${to}`
        : `routing in ${where} refuses it (${answer.error})`;
    case "No route to host":
      return off === undefined ? `${where} has an unreachable route or rule for ${to}, or none` : `${where} ${off}`;
    default:
      return `routing in ${where} refuses it (${answer.error})`;
  }
  if (off !== undefined) return `${where} ${off}`;
  return answer.dev === undefined || answer.type === "local"
    ? undefined
    : nextHopProblem(answer.dev, answer.via ?? to, state, where, question.size);
}

function hasBlackhole(state: NamespaceState | undefined): boolean {
  return state === undefined || [...state.routes, ...state.rules].some(({ type }) => type === "blackhole");
}

/** The sysctl by which IPv4 packets from a device are forwarded; ip_forward sets it for all devices. */
export function forwardingOf(device: string): string {
  return canonicalSysctl(`net/ipv4/conf/${device}/forwarding`);
}

/** IPv6 has one switch for all devices (ip6_forward()). */
function forwardingOff(state: NamespaceState | undefined, family: Family, iif: string): string | undefined {
  const isOff = (key: string): boolean => state?.sysctls[key]?.trim() === "0";
  const all = family === "ipv6" ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward";
  if (isOff(all)) return `does not forward (${all} is 0)`;
  const own = forwardingOf(iif);
  return family === "ipv4" && isOff(own) ? `does not forward what enters on ${iif} (${own} is 0)` : undefined;
}

/** `as`: the packet's destination, where its own routes decide. */
function reversePathText(where: string, from: string | undefined, iif: string | undefined, as?: string): string {
  const way = `${as === undefined ? "" : ` from ${as}`} to ${from ?? "the source"}`;
  return `the reverse path filter of ${where} drops it: its own way${way} is not ${iif ?? "that device"} (rp_filter)`;
}

/**
 * Devices by which an answer would leave, in strict mode (1; of `all` and the device the larger one counts, Documentation/networking/
 * ip-sysctl.rst): as the namespace itself would send it, and as what the packet is for would, which rules may route otherwise.
 */
async function waysBack(
  client: AgentClient,
  { ns, to, from, iif, family }: RouteQuestion,
): Promise<readonly { readonly dev: string; readonly from?: string | undefined }[]> {
  if (family === "ipv6" || from === undefined || iif === undefined) return [];
  const argv = ["cat", ...["all", iif].map((dev) => `/proc/sys/net/ipv4/conf/${dev}/rp_filter`)];
  const result = await client.call("run", { ns, argv, timeout: TIMEOUT }).catch(() => undefined);
  if (Math.max(0, ...(result?.stdout.split(/\s+/).map(Number) ?? [])) !== 1) return [];
  const own = await askRoute(client, { ns, to: from, family });
  const towards = (await askRoute(client, { ns, to, family }))?.dev;
  const answer = await askRoute(client, { ns, to: from, from: to, iif: towards, family });
  return [
    ...(own?.dev === undefined ? [] : [{ dev: own.dev }]),
    ...(answer?.dev === undefined ? [] : [{ dev: answer.dev, from: to }]),
  ];
}

function article(word: string): string {
  return /^[aeiou]/.test(word) ? "an" : "a";
}

/** The device that the packet is to leave on, and whether its next hop has a MAC. */
function nextHopProblem(
  dev: string,
  hop: string,
  state: NamespaceState | undefined,
  where: string,
  size: number | undefined,
): string | undefined {
  const link = state?.links.find(({ name }) => name === dev);
  if (link?.up === false) return `${dev} of ${where}, on which it should leave, is down`;
  if (link?.carrier === false) return `${dev} of ${where}, on which it should leave, has no carrier`;
  if (link !== undefined && size !== undefined && size > link.mtu)
    return `its ${size} bytes, which must not be fragmented, do not fit through ${dev} of ${where} (MTU ${link.mtu})`;
  const neigh = state?.neighs.find((one) => one.dev === dev && one.address === hop);
  if (neigh?.state === "failed" || neigh?.state === "incomplete") return unansweredText(hop, dev, where);
  return undefined;
}

/** ARP or neighbour discovery in vain. */
export function unansweredText(address: string, dev: string, where: string): string {
  const what = address.includes(":") ? "neighbour discovery" : "ARP";
  return `nothing answers ${what} for ${address} on ${dev} of ${where}`;
}
