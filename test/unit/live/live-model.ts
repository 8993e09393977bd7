/** A lab in memory with its controllers: every pod that is made is ready, unless it has a probe, and every pod that terminates goes at once. */
import { expect } from "vitest";
import type { Change } from "../../../src/live/live-lab.ts";
import type { World } from "../../../src/live/stored-view.ts";
import { loadLabText } from "../../../src/load/load-lab.ts";
import type { PodModel } from "../../../src/kube/pod/pod-model.ts";
import type { ClusterNode } from "../../../src/kube/node/cluster-node.ts";
import type { Lab } from "../../../src/lab/lab.ts";
import { UNTOUCHED } from "../../../src/kube/workload/live-state.ts";
import type { LiveState } from "../../../src/kube/workload/live-state.ts";
import { mergeLive } from "../../../src/live/merge-live.ts";
import type { Before } from "../../../src/live/merge-live.ts";
import { pending, reconcile } from "../../../src/live/reconcile.ts";
import { workloadSpecs } from "../../../src/kube/workload/workload-spec.ts";
import { resolveLab } from "../../../src/load/resolve-lab.ts";
import { underWay } from "../../../src/live/rollout-status.ts";
import type { UnderWay } from "../../../src/live/rollout-status.ts";

export class LiveModel {
  input;
  specs;
  lab: Lab;
  live: LiveState = UNTOUCHED;
  /** Milliseconds since the epoch. */
  now = 1;
  /** Serving endpoints of the Service after each round. */
  readonly serving: number[] = [];

  constructor(source: string) {
    const { lab, input } = loadLabText(source, "lab.yaml");
    this.lab = lab;
    this.input = input;
    this.specs = workloadSpecs(input.manifests, this.nodes);
  }

  get nodes(): readonly ClusterNode[] {
    return this.lab.clusters[0]?.nodes ?? [];
  }

  get before(): Before {
    return { manifests: this.input.manifests, pods: this.pods, nodes: this.nodes };
  }

  get world(): World {
    return { lab: this.lab, input: this.input, specs: this.specs };
  }

  get pods(): readonly PodModel[] {
    return (this.lab.clusters[0]?.pods ?? []).filter((pod) => pod.namespace === "default");
  }

  web(): string[] {
    return this.pods.filter((pod) => pod.owner !== undefined).map((pod) => pod.name);
  }

  ready(): string[] {
    const slices = this.lab.clusters[0]?.slices.filter((slice) => slice.service === "web") ?? [];
    return slices.flatMap((slice) => slice.endpoints.filter((one) => one.ready).map((one) => one.pod ?? ""));
  }

  round(change?: Change): boolean {
    const asked = change === undefined ? this.live : change(this.live, this.world);
    const drained = new Set(Object.keys(this.live.terminating));
    const live = reconcile(asked, {
      specs: this.specs,
      pods: this.lab.clusters[0]?.pods ?? [],
      now: this.now,
      drained,
    });
    const due = live !== this.live || this.pods.some((pod) => pod.starting === true);
    this.live = live;
    this.lab = this.#resolve(true);
    this.serving.push(this.ready().length);
    return due;
  }

  do(change: Change): void {
    this.round(change);
    this.settle();
    expect(pending(this.live, { specs: this.specs, pods: this.pods })).toEqual([]);
  }

  settle(): void {
    for (let i = 0; i < 50 && this.round(); i++);
  }

  /** As `up` with another file: all objects at once; what the controllers make of it comes with the next rounds. */
  up(source: string): UnderWay | undefined {
    const { input, lab } = loadLabText(source, "lab.yaml");
    const nodes = lab.clusters[0]?.nodes ?? [];
    this.live = mergeLive(this.live, input.manifests, this.before, nodes);
    this.input = input;
    this.specs = workloadSpecs(input.manifests, nodes);
    this.lab = this.#resolve(false);
    this.serving.push(this.ready().length);
    return underWay(this.live, this.specs, this.pods);
  }

  #resolve(gradual: boolean): Lab {
    const running = { live: this.live, clusters: this.lab.clusters, gradual };
    const { lab, diagnostics } = resolveLab({ ...this.input, running });
    expect(diagnostics.filter((one) => one.severity === "error")).toEqual([]);
    return lab;
  }
}
