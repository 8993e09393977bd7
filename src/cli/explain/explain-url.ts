/** A request by URL: it is sent once, then followed through Services and proxies. */
import type { AgentClient } from "../../agent/client.ts";
import type { Methods } from "../../agent/protocol.ts";
import { UsageError } from "../../errors.ts";
import { labPods } from "../../cluster/lab-clusters.ts";
import type { Lab } from "../../lab/lab.ts";
import { canonicalAddress } from "../../net/families.ts";
import { parseAddress } from "../../net/address.ts";
import type { Family } from "../../net/family.ts";
import { splitHostPort } from "../../net/host-port.ts";
import { formatNamespace } from "../../net/place.ts";
import type { Target } from "../../net/target.ts";
import { planResources } from "../../plan/plan-lab.ts";
import type { Paint } from "../../report/color.ts";
import { isL7, type L7Resource } from "../../resources/l7/definition.ts";
import { placeOf } from "../../targets/target-place.ts";
import type { EndpointArgument } from "./endpoint-argument.ts";
import { formatPacket } from "./format-ways.ts";
import type { ExplainedPacket } from "./format-ways.ts";
import type { RequestUrl } from "./request-url.ts";
import { formatRequest } from "./request-view.ts";

/** Milliseconds. */
const PATIENCE = 3000;
/** Entries of an access log that are looked through for the request. */
const LAST = 20;

type ProbeResult = Methods["probe"]["result"]["results"][number];

/** How a packet to an address is explained. */
type ExplainPacket = (to: EndpointArgument) => Promise<ExplainedPacket>;

export interface UrlStory {
  readonly client: AgentClient;
  readonly lab: Lab;
  readonly from: Target;
  readonly url: RequestUrl;
  readonly family: Family | undefined;
}

async function send({ client, from, url, family }: UrlStory): Promise<ProbeResult> {
  const { results } = await client.call("probe", {
    probes: [
      {
        kind: "http",
        ...placeOf(from),
        to: url.host,
        port: url.port,
        timeout: PATIENCE,
        ...(family === undefined ? {} : { family }),
        method: "GET",
        path: url.target,
        headers: { host: url.hostHeader },
        ...(url.secure ? { tls: { serverName: url.serverName } } : {}),
      },
    ],
  });
  const [result] = results;
  if (result === undefined) throw new TypeError("a probe has no result");
  return result;
}

function answerText({ outcome, error, http }: ProbeResult): string {
  if (http !== undefined) return `status ${http.status}`;
  return outcome === "open" ? (error ?? "connected, without an HTTP response") : (error ?? outcome);
}

/** The proxy that listens at an endpoint, with the place that it is in. */
function proxyAt(
  lab: Lab,
  proxies: readonly L7Resource[],
  endpoint: string,
): { readonly proxy: L7Resource; readonly port: number } | undefined {
  const { address, port } = splitHostPort(endpoint);
  const wanted = canonicalAddress(address);
  const places = new Set(
    labPods(lab)
      .filter((pod) => Object.values(pod.address).some((one) => canonicalAddress(one) === wanted))
      .map(({ ns }) => ns),
  );
  const proxy = proxies.find(({ ns, table }) => places.has(ns) && table.ports.some((one) => one.port === port));
  return proxy === undefined ? undefined : { proxy, port };
}

/** Throws UsageError where its host has no address. */
export async function explainUrl(story: UrlStory, explainPacket: ExplainPacket, color: Paint): Promise<string> {
  const { client, lab, from, url } = story;
  const result = await send(story);
  const address = parseAddress(url.host) === undefined ? result.address : url.host;
  if (address === undefined)
    throw new UsageError(
      `${from.text} cannot resolve ${url.host}${result.error === undefined ? "" : `: ${result.error}`}`,
      "spec.cluster.internet.dns gives names addresses: { shop.example: 192.168.50.240 }",
    );
  const family = parseAddress(address)?.family ?? "ipv4";
  const named = address === url.host ? "" : `${url.host} is ${address}; `;
  const out = [`${color.bold(`${from.text} → ${url.text}`)}\n  ${named}answer: ${answerText(result)}\n\n`];
  const packet = await explainPacket({ text: url.host, addresses: { [family]: address }, port: url.port });
  out.push(formatPacket(packet, color));
  const proxies = planResources(lab).filter(isL7);
  const endpoints = new Set(packet.ways.flatMap(({ end }) => (end.kind === "endpoint" ? [end.endpoint] : [])));
  for (const endpoint of endpoints) {
    const found = proxyAt(lab, proxies, endpoint);
    if (found === undefined) continue;
    const { proxy, port } = found;
    const { entries } = await client.call("accessLog", { ns: proxy.ns, id: proxy.id, last: LAST });
    const entry = entries.findLast((one) => one.host === url.hostHeader && one.target === url.target);
    const request = {
      port,
      tls: url.secure,
      serverName: url.serverName,
      clientAddress: entry?.client ?? from.addresses[family] ?? "",
      method: "GET",
      host: url.hostHeader,
      target: url.target,
      headers: { host: url.hostHeader },
    };
    out.push("\n", formatRequest({ place: formatNamespace(proxy.ns), proxy, request, entry }, color));
  }
  return out.join("");
}
