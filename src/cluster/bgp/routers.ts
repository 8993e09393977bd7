/**
 * The lab's router and its internet as BGP speakers, where a lab file says that they are: the router takes sessions of all nodes that
 * name one of its addresses, and passes on to the internet what it learns.
 */
import { because } from "../../cause.ts";
import type { Cause } from "../../cause.ts";
import { perFamily } from "../../net/families.ts";
import type { PerFamily } from "../../net/family.ts";
import type { Internet } from "../cluster.ts";
import type { UnderlaySwitch } from "../../kube/node/cluster-node.ts";
import type { BgpNeighbour, BgpSpeaker } from "./model.ts";
import { localAsOf, sourceOf } from "./sessions.ts";

export const ROUTER = "router";
export const INTERNET = "internet";
export const BGP_PORT = 179;
/** Of those for documentation (RFC 5398). */
const INTERNET_AS = 64_496;
const MERGED_PATHS = 16;

export interface RouterBgp {
  readonly asn: number;
  readonly cause: Cause;
}

/** Where the router is. */
export interface RouterPlace {
  readonly switches: readonly Pick<UnderlaySwitch, "gateway">[];
  readonly internet: Pick<Internet, "router" | "address">;
}

const addressesOf = ({ switches, internet }: RouterPlace): readonly string[] =>
  [...switches.map(({ gateway }) => gateway), internet.router].flatMap((one) =>
    perFamily(one).map(([, address]) => address),
  );

function line(
  name: string,
  address: PerFamily<string>,
  source: PerFamily<string>,
  asn: number,
  cause: Cause,
): readonly BgpNeighbour[] {
  return perFamily(address).flatMap(([family, one]) =>
    source[family] === undefined
      ? []
      : [{ name: `${name}_${family}`, address: one, source: source[family], asn, cause }],
  );
}

/** `nodes`: the speakers that may have the router as a neighbour. */
export function routerSpeakers(
  { asn, cause }: RouterBgp,
  place: RouterPlace,
  nodes: readonly BgpSpeaker[],
): readonly BgpSpeaker[] {
  const addresses = addressesOf(place);
  const { internet, switches } = place;
  const asked = nodes.flatMap((node) =>
    node.neighbours
      .filter(({ address, down }) => addresses.includes(address) && down === undefined)
      .flatMap((theirs): readonly BgpNeighbour[] => {
        const address = sourceOf(node, theirs);
        if (address === undefined) return [];
        const name = `${node.name}_${address.replaceAll(/[.:]/g, "_")}`;
        const { families, password, cause: why } = theirs;
        const asn = localAsOf(node, theirs);
        return [{ name, address, source: theirs.address, asn, families, password, cause: why }];
      }),
  );
  // One session for an address: the first speaker there has it.
  const sessions = [...new Map(asked.toReversed().map((one) => [one.address, one])).values()].toReversed();
  const [first] = switches;
  // Who speaks to real daemons is one.
  const daemon = nodes.find((node) => node.daemon !== undefined)?.daemon;
  const why = because(cause, "the router passes on to the internet what it learns");
  return [
    {
      name: ROUTER,
      asn,
      routerId: first?.gateway.ipv4 ?? internet.router.ipv4 ?? "192.0.2.1",
      address: first?.gateway ?? {},
      further: addresses,
      daemon,
      ecmp: MERGED_PATHS,
      routes: [],
      neighbours: [...sessions, ...line(INTERNET, internet.address, internet.router, INTERNET_AS, why)],
    },
    {
      name: INTERNET,
      asn: INTERNET_AS,
      routerId: internet.address.ipv4 ?? "192.0.2.2",
      address: internet.address,
      daemon,
      ecmp: MERGED_PATHS,
      routes: [],
      neighbours: line(ROUTER, internet.router, internet.address, asn, why),
    },
  ];
}
