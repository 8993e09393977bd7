/** The chains of a node's host endpoints in each table, and those that lead to them. */
import { because } from "../../../cause.ts";
import type { Cause } from "../../../cause.ts";
import type { Family } from "../../../net/family.ts";
import type { HostEndpointModel } from "../../../kube/calico/calico-policy.ts";
import { hostTiers } from "../../policy/host-endpoints.ts";
import type { HostStage, NodeEndpoints } from "../../policy/host-endpoints.ts";
import type { PolicyWorld } from "../../policy/policy-world.ts";
import type { Direction } from "../../policy/tiers.ts";
import type { FelixConfig } from "./felix/config.ts";
import { ANY_INTERFACE, hostDispatchChains } from "./felix/dispatch-chains.ts";
import { endpointRules, profileChains } from "./felix/endpoint-chains.ts";
import { failsafeIn, failsafeOut } from "./felix/static-chains.ts";
import type { FelixTable, FelixTables } from "./felix/tables.ts";
import { SIDES } from "./node-policies.ts";
import type { NodePolicies } from "./node-policies.ts";

interface HostChain {
  readonly table: Exclude<FelixTable, "nat">;
  readonly stage: HostStage;
  readonly direction: Direction;
  readonly prefix: string;
  /** What it judges. */
  readonly word: string;
}

const CHAINS = [
  { table: "filter", stage: "normal", direction: "egress", prefix: "cali-th-", word: "what the node sends" },
  { table: "filter", stage: "normal", direction: "ingress", prefix: "cali-fh-", word: "what the node gets" },
  { table: "filter", stage: "forward", direction: "egress", prefix: "cali-thfw-", word: "what it forwards there" },
  {
    table: "filter",
    stage: "forward",
    direction: "ingress",
    prefix: "cali-fhfw-",
    word: "what it forwards from there",
  },
  { table: "mangle", stage: "normal", direction: "egress", prefix: "cali-th-", word: "what it sends to Services" },
  { table: "mangle", stage: "preDNAT", direction: "ingress", prefix: "cali-fh-", word: "what comes, before DNAT" },
  { table: "raw", stage: "untracked", direction: "egress", prefix: "cali-th-", word: "what it sends untracked" },
  { table: "raw", stage: "untracked", direction: "ingress", prefix: "cali-fh-", word: "what comes, untracked" },
] as const satisfies readonly HostChain[];

/** A host endpoint with the interface that its chains are named by. */
interface Governed {
  readonly device: string;
  readonly endpoint: HostEndpointModel;
}

const DIRECTIONS = ["ingress", "egress"] as const;

/** Tables raw and mangle have an endpoint's chains where it has policies of that stage. */
function hasStage(world: PolicyWorld, { device, endpoint }: Governed, stage: HostStage): boolean {
  if (stage === "normal" || stage === "forward") return true;
  if (stage === "untracked" && device === ANY_INTERFACE) return false;
  return DIRECTIONS.some((direction) => hostTiers(world, endpoint, stage, direction).length > 0);
}

/** What a node's host endpoints need besides what every node has. */
export class HostChains {
  readonly #world: PolicyWorld;
  readonly #governed: readonly Governed[];
  readonly #policies: NodePolicies;
  readonly #cause: Cause;

  constructor(world: PolicyWorld, { devices, any }: NodeEndpoints, policies: NodePolicies, cause: Cause) {
    this.#world = world;
    this.#governed = [
      ...[...devices].map(([device, endpoint]) => ({ device, endpoint })),
      ...(any === undefined ? [] : [{ device: ANY_INTERFACE, endpoint: any }]),
    ];
    this.#policies = policies;
    this.#cause = cause;
  }

  /** Interfaces that have one of their own. */
  get devices(): readonly string[] {
    return this.#governed.map(({ device }) => device).filter((device) => device !== ANY_INTERFACE);
  }

  get profiles(): readonly string[] {
    return this.#governed.flatMap(({ endpoint }) => endpoint.profiles);
  }

  add(config: FelixConfig, family: Family, tables: FelixTables): void {
    for (const chain of CHAINS)
      for (const one of this.#governed)
        if (hasStage(this.#world, one, chain.stage)) this.#addChain(chain, one, config, tables);
    this.#addDispatch(config, tables);
    this.#addFailsafes(config, family, tables);
    // What it sends to Services is judged in mangle, profiles included.
    for (const profile of new Set(this.profiles))
      for (const chain of profileChains(profile, config).filter(({ name }) => name.startsWith("cali-pro-")))
        tables.add("mangle", chain, because(this.#cause, `Felix: profile ${profile}`));
  }

  #addChain(
    { table, stage, direction, prefix, word }: HostChain,
    one: Governed,
    config: FelixConfig,
    tables: FelixTables,
  ): void {
    const { device, endpoint } = one;
    const tiersIn = (way: Direction) => hostTiers(this.#world, endpoint, stage, way);
    const chain = endpointRules(
      {
        type: stage,
        device,
        prefix,
        side: SIDES[direction],
        tiers: this.#policies.groups(tiersIn(direction), direction, table),
        profiles: endpoint.profiles,
        hasOthers: DIRECTIONS.some((way) => tiersIn(way).length > 0),
        allow: table === "mangle" ? (stage === "preDNAT" ? config.mangleAllow : "RETURN") : config.allow,
      },
      config,
    );
    tables.add(table, chain, because(endpoint.cause, `Felix: ${word}`));
  }

  #with(stage: HostStage): { readonly devices: readonly string[]; readonly any: string | undefined } {
    const governed = this.#governed.filter((one) => hasStage(this.#world, one, stage)).map(({ device }) => device);
    return {
      devices: governed.filter((device) => device !== ANY_INTERFACE),
      any: governed.find((device) => device === ANY_INTERFACE),
    };
  }

  #addDispatch({ maxChainName }: FelixConfig, tables: FelixTables): void {
    const [normal, before, untracked] = [this.#with("normal"), this.#with("preDNAT"), this.#with("untracked")];
    const why = because(this.#cause, "Felix: from an interface to the chain of its host endpoint");
    const chains = {
      filter: hostDispatchChains(normal.devices, {
        from: true,
        to: true,
        forward: true,
        any: normal.any,
        maxChainName,
      }),
      mangle: [
        ...hostDispatchChains(before.devices, { from: true, any: before.any, maxChainName }),
        ...hostDispatchChains(normal.devices, { to: true, any: normal.any, maxChainName }),
      ],
      raw: hostDispatchChains(untracked.devices, { from: true, to: true, maxChainName }),
    };
    for (const table of ["raw", "mangle", "filter"] as const)
      for (const chain of chains[table]) tables.add(table, chain, why);
  }

  /** In the tables whose chains lead there. */
  #addFailsafes(config: FelixConfig, family: Family, tables: FelixTables): void {
    const why = because(this.#cause, "Felix: ports that policies cannot cut off");
    const used = (stage: HostStage): boolean => this.#governed.some((one) => hasStage(this.#world, one, stage));
    const needs = { raw: [used("untracked"), used("untracked")], mangle: [used("preDNAT"), used("normal")] } as const;
    for (const table of ["raw", "mangle", "filter"] as const) {
      const [isIn, isOut] = table === "filter" ? [used("normal"), used("normal")] : needs[table];
      if (isIn) tables.add(table, failsafeIn(config, table, family), why);
      if (isOut) tables.add(table, failsafeOut(config, table, family), why);
    }
  }
}
