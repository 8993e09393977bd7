/** A comparison for programs: for each network what was found. */
import type { Tried } from "./combination.ts";

export function comparisonJson(all: readonly Tried[]): object {
  return {
    networks: all.map(({ network, problem, built }) => ({
      cni: network.cni ?? built?.cluster.cni.plugin,
      kubeProxy: network.kubeProxy ?? built?.cluster.kubeProxy.mode,
      ...(problem === undefined ? {} : { problem: problem.text }),
      ...(built === undefined
        ? {}
        : {
            buildMs: Math.round(built.ms),
            memory: built.memory,
            checks: built.checks.map(({ name, status, got, reason }) => ({ name, status, got, reason })),
            leftOut: built.leftOut,
            ways: built.ways.map(({ way, ...figures }) => ({ way: way.title, from: way.from, to: way.to, ...figures })),
          }),
    })),
  };
}
