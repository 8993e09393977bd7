/** Which endpoint of a backend gets a request. */
import { sha256 } from "../net/digest.ts";
import type { Backend, Endpoint } from "../routing/model.ts";
import { endpointText } from "./connect.ts";

/** What stays of a backend from one table to the next. */
export class Balancer {
  #turn = -1;

  /**
   * Undefined: it has none. `key`: what requests have in common that shall meet the same endpoint, for `balance: hash`. `tried`: these
   * only where there are no others. `random`: from 0 to below 1.
   */
  choose(
    { balance, endpoints }: Pick<Backend, "balance" | "endpoints">,
    key: string,
    tried: ReadonlySet<Endpoint>,
    random: () => number,
  ): Endpoint | undefined {
    const left = tried.size === 0 ? endpoints : endpoints.filter((endpoint) => !tried.has(endpoint));
    const choice = left.length === 0 ? endpoints : left;
    if (choice.length <= 1) return choice[0];
    if (balance === "random") return choice[Math.floor(random() * choice.length)];
    if (balance === "round-robin") {
      this.#turn = (this.#turn + 1) % choice.length;
      return choice[this.#turn];
    }
    return byHash(choice, key);
  }
}

/** Where an endpoint comes or goes, only its own keys move (rendezvous hashing). */
function byHash(endpoints: readonly Endpoint[], key: string): Endpoint | undefined {
  let best: Endpoint | undefined;
  let most = Buffer.alloc(0);
  for (const endpoint of endpoints) {
    const weight = Buffer.from(sha256(`${endpointText(endpoint)}\n${key}`));
    if (best === undefined || weight.compare(most) > 0) [best, most] = [endpoint, weight];
  }
  return best;
}

/** What an affinity cookie says of an endpoint. */
export function stickyValue(endpoint: Endpoint): string {
  return Buffer.from(sha256(endpointText(endpoint))).toString("hex", 0, 16);
}

export function stickyEndpoint({ endpoints }: Pick<Backend, "endpoints">, value: string): Endpoint | undefined {
  return endpoints.find((endpoint) => stickyValue(endpoint) === value);
}
