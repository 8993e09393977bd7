/** What a proxy does with a request, as text: listener, host, route, filters and backend, each with its line, and why others were passed over. */
import { formatCause } from "../../cause.ts";
import type { Cause } from "../../cause.ts";
import { joinHostPort } from "../../net/host-port.ts";
import { formatNamespace } from "../../net/place.ts";
import type { Paint } from "../../report/color.ts";
import type { L7Resource } from "../../resources/l7/definition.ts";
import type { AccessEntry } from "../../resources/l7/access-entry.ts";
import { chooseBackend } from "../../routing/choose-backend.ts";
import { decide } from "../../routing/decide.ts";
import type { Decision, PassedOver } from "../../routing/decide.ts";
import type { Backend, DirectAnswer } from "../../routing/model.ts";
import type { RoutedRequest } from "../../routing/request.ts";

/** Candidates that are listed; the others are counted. */
const SHOWN = 6;

export interface ExplainedRequest {
  /** `pod/ingress-nginx/controller`. */
  readonly place: string;
  readonly proxy: L7Resource;
  readonly request: RoutedRequest;
  /** The proxy's own record of it; absent: it has none. */
  readonly entry?: AccessEntry | undefined;
}

const answerText = ({ status, headers }: DirectAnswer): string => {
  const location = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === "location")?.[1];
  return `it answers ${status} itself${location === undefined ? "" : `, to ${location}`}`;
};

function backendText(id: string | undefined, backends: Readonly<Record<string, Backend>>): string {
  const backend = id === undefined ? undefined : backends[id];
  if (id === undefined || backend === undefined) return "a reference that leads nowhere: 500";
  const ends = backend.endpoints.map(
    ({ address, port, pod }) =>
      `${joinHostPort(address, port)}${pod === undefined ? "" : ` (${formatNamespace(pod)})`}`,
  );
  return ends.length === 0 ? `${id}: no endpoint is ready, 503` : `${id}: ${ends.join(", ")}`;
}

class View {
  readonly #color: Paint;
  readonly #out: string[] = [];

  constructor(color: Paint) {
    this.#color = color;
  }

  line(what: string, text: string, cause?: Cause): void {
    const why = cause === undefined ? "" : `  ${this.#color.gray(`← ${formatCause(cause)}`)}`;
    this.#out.push(`  ${this.#color.cyan(what.padEnd(9))} ${text}${why}\n`);
  }

  passedOver(trail: readonly PassedOver[], what: PassedOver["what"]): void {
    const all = trail.filter((one) => one.what === what);
    for (const { name, why, cause } of all.slice(0, SHOWN))
      this.#out.push(this.#color.gray(`            not ${name}: ${why}  ← ${formatCause(cause)}\n`));
    if (all.length > SHOWN) this.#out.push(this.#color.gray(`            and ${all.length - SHOWN} more\n`));
  }

  action({ action }: Decision, { proxy, request }: ExplainedRequest): void {
    if (action === undefined) return this.line("ends", "the connection is refused, or its handshake fails");
    if (action.kind === "answer") return this.line("answer", answerText(action.answer), action.answer.cause);
    if (action.kind === "redirect")
      return this.line("redirect", `${action.to.status}${action.to.location === undefined ? "" : ` to ${action.to.location}`}`, action.to.cause); // prettier-ignore
    const { backends } = proxy.table;
    const total = action.to.reduce((sum, { weight }) => sum + weight, 0);
    for (const { backend, weight, cause } of action.to) {
      const share = total === 0 || action.to.length === 1 ? "" : `${((100 * weight) / total).toFixed(0)} %: `;
      this.line("backend", `${share}${backendText(backend, backends)}`, cause);
    }
    const { why, status } = chooseBackend(action, request, 0);
    if (action.to.length !== 1 || status !== undefined)
      this.line("choice", status === undefined ? why : `${status}: ${why}`);
  }

  get text(): string {
    return this.#out.join("");
  }
}

/** Ends with a newline. */
export function formatRequest(explained: ExplainedRequest, color: Paint): string {
  const { place, proxy, request, entry } = explained;
  const decision = decide(proxy.table, request);
  const { listener, host, route, filters, trail, failed } = decision;
  const view = new View(color);
  view.passedOver(trail, "listener");
  if (listener !== undefined) view.line("listener", `${listener.name}, ${listener.protocol}`, listener.cause);
  view.passedOver(trail, "host");
  if (host !== undefined) view.line("host", host.hostname ?? "any other", host.cause);
  view.passedOver(trail, "route");
  if (route !== undefined) view.line("route", route.name, route.cause);
  else if (failed !== undefined) view.line("none", NOTHING_FITS[failed]);
  for (const filter of filters) view.line("filter", filter.kind, filter.cause);
  view.action(decision, explained);
  if (entry !== undefined) {
    const by = entry.endpoint === undefined ? "" : ` by ${entry.endpoint}`;
    const why = entry.reason === undefined ? "" : `: ${entry.reason}`;
    view.line("answered", `${entry.status ?? ""}${by}${why}, ${entry.ms.toFixed(0)} ms`);
  }
  const what = `${request.method} ${request.target} for ${request.host}`;
  return `${color.bold(`${place}, proxy ${proxy.name}: ${what}`)}\n${view.text}`;
}

const NOTHING_FITS: Readonly<Record<NonNullable<Decision["failed"]>, string>> = {
  port: "the proxy does not listen on this port",
  listener: "no listener has this host",
  misdirected: "the host belongs to another listener than the server name (RFC 9110, section 15.5.20)",
  host: "no host fits",
  route: "no route fits",
};
