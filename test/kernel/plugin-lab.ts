/** A lab of a network plugin that is up while a group of tests runs, and what several of them have in common. */
import { afterAll, beforeAll, expect } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import type { Lab } from "../../src/lab/lab.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { agentIds, differences, down, leftovers, up } from "./agent-lab.ts";
import { expectAnswers } from "./answers.ts";
import type { Answers, NamedAddresses } from "./answers.ts";

/** With the label `app: NAME`. */
export const pod = (name: string, node: string, port = "containerPort: 80"): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name} } }, spec: { nodeName: ${node}, containers: [ { name: c, image: x, ports: [ { ${port} } ] } ] } }`;

/** Of the pod `web`, in both families, with node port 30080. */
export const WEB_SERVICE = `{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { type: NodePort, ipFamilyPolicy: RequireDualStack, clusterIP: 10.96.0.80, clusterIPs: [10.96.0.80, "fd00:10:96::80"], selector: { app: web }, ports: [ { port: 80, nodePort: 30080 } ] } }`;

export interface RunningLab {
  readonly client: AgentClient;
  readonly lab: Lab;
  readonly expectAnswers: (expected: Answers) => Promise<void>;
  /** What is there is what was asked for. */
  readonly expectSame: () => Promise<void>;
}

/** `documents`: of the lab `name`; what it gives is there within tests. */
export function labDuring(
  name: string,
  documents: readonly string[],
  named: (lab: Lab) => NamedAddresses = () => ({}),
): RunningLab {
  let client: AgentClient | undefined;
  let lab: Lab | undefined;
  let ids: readonly string[] = [];
  const there = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error(`lab ${name} is not up`);
    return value;
  };
  beforeAll(async () => {
    ({ lab } = loadLabText(documents.join("\n---\n"), "lab.yaml"));
    client = await up(getDriver("netns"), name, planResources(lab));
    ids = agentIds(name);
  });
  afterAll(async () => {
    await down(there(client));
    expect(leftovers(name, ids)).toEqual([]);
  });
  return {
    get client() {
      return there(client);
    },
    get lab() {
      return there(lab);
    },
    expectAnswers: (expected) => expectAnswers(there(client), there(lab), expected, named(there(lab))),
    async expectSame() {
      expect((await differences(there(client), name, planResources(there(lab)))).operations).toEqual([]);
    },
  };
}
