/** The resources of a cluster, and what a test asks of them. */
import { planResources } from "../../../src/plan/plan-lab.ts";
import type { IptablesResource } from "../../../src/resources/iptables/definition.ts";
import type { Resource, ResourceKind, ResourceOf } from "../../../src/resources/resource.ts";
import { clusterFixture, labFixture } from "./cluster-fixture.ts";
import type { FixtureOptions } from "./cluster-fixture.ts";

export function resources(options: FixtureOptions = {}): readonly Resource[] {
  return planResources(labFixture("x", clusterFixture(options)));
}

export function pick<K extends ResourceKind>(all: readonly Resource[], kind: K, ns: string): ResourceOf<K>[] {
  return all.filter((it): it is ResourceOf<K> => it.kind === kind && it.ns === ns);
}

export function routes(all: readonly Resource[], ns: string): string[] {
  return pick(all, "route", ns).map(
    ({ to, via, dev, onlink }) => `${to} via ${via ?? ""} dev ${dev ?? ""}${onlink ? " onlink" : ""}`,
  );
}

export function rules(
  all: readonly Resource[],
  ns: string,
  family: IptablesResource["family"],
  table: IptablesResource["table"],
): string[] {
  return pick(all, "iptables", ns)
    .filter((it) => it.family === family && it.table === table)
    .flatMap(({ chains }) =>
      chains.flatMap((chain) => chain.rules.map((rule) => `${chain.name} ${rule.args.join(" ")}`)),
    );
}
