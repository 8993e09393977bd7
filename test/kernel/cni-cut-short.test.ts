/** ADD that does not end well: the agent is killed meanwhile, or DEL fails as well. Nothing of it stays unknown, and the pod can be attached later. */
import { existsSync, readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { labFolder, lockHolder, stateParent } from "../../src/agent/state-folder.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import { adopted } from "../../src/live/adopt.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { planOperations } from "../../src/plan/plan-operations.ts";
import { findForeignObjects } from "../../src/plan/foreign-objects.ts";
import { sysctlWants } from "../../src/resources/sysctl/wants.ts";
import { agentIds, down, leftovers } from "./agent-lab.ts";
import { scriptedLab } from "./scripted-cni.ts";

const LAB = `cnicut-${process.pid}`;
/** What plugins of n1 see as /var/lib/cni. */
const STATE = `${labFolder(stateParent(), LAB)}/cni/n1/lib`;

/** Notes its calls. `wires` makes a bridge, which DEL leaves, and a cable, which is in the way of a second ADD. */
const plugin = (name: string, add: string, del: string): string => `#!/bin/sh -e
cd /var/lib/cni
case $CNI_COMMAND in VERSION) echo '{"cniVersion":"1.0.0","supportedVersions":["1.0.0"]}'; exit ;; esac
echo "$CNI_COMMAND ${name}" >>calls
once() { mkdir "$1" 2>/dev/null; }
refuse() { echo '{"code":100,"msg":"not now"}'; exit 1; }
[ $CNI_COMMAND = ADD ] || { ${del}; exit 0; }
${add}
echo '{"cniVersion":"1.0.0","ips":[{"address":"10.244.0.10/32"}]}'
`;
const WIRES = `ip link show by-hand >/dev/null 2>&1 || ip link add by-hand type bridge
ip link add host0 type veth peer name "$CNI_IFNAME" netns "\${CNI_NETNS##*/}"`;
const UNWIRE = "ip link del host0 2>/dev/null || :";

const POD = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web" },
  spec: { nodeName: "n1", containers: [{ name: "c", image: "x" }] },
};
const labText = (scripts: Readonly<Record<string, string>>): string => scriptedLab(LAB, scripts, [POD]);

let client: AgentClient | undefined;
afterEach(async () => {
  const ids = agentIds(LAB);
  if (client !== undefined) await down(client);
  client = undefined;
  expect(leftovers(LAB, ids)).toEqual([]);
});

async function agent(recover: boolean): Promise<AgentClient> {
  client = await getDriver("netns").start();
  await client.call("adopt", { lab: LAB, file: "lab.yaml", recover });
  return client;
}

const calls = (): readonly string[] => readFileSync(`${STATE}/calls`, "utf8").trim().split("\n");

/** The pod is attached now, and nothing is foreign. */
async function expectAttached(lab: string): Promise<void> {
  const running = client as unknown as AgentClient;
  const { lab: loaded, sources } = loadLabText(lab, "lab.yaml");
  const desired = planResources(loaded);
  const { operations } = planOperations(LAB, desired, await running.observe({}));
  const { failures } = await running.call("apply", { operations, mode: "converge", keep: true });
  expect(failures).toEqual([]);
  const made = await adopted(running, { lab: loaded, desired, sources });
  expect(made.lab.clusters[0]?.pods[0]?.address.ipv4).toBe("10.244.0.10");
  const observed = await running.observe({ sysctls: sysctlWants(made.desired, true) });
  expect(findForeignObjects(made.desired, observed).map(({ what }) => what)).toEqual([]);
}

test("a later plugin refuses, and DEL fails as well: what was made is known, and taken back before the next ADD", async () => {
  const text = labText({
    wires: plugin("wires", WIRES, `! once del-failed || refuse; ${UNWIRE}`),
    later: plugin("later", "! once add-failed || refuse", ":"),
  });
  const running = await agent(false);
  const { operations } = planOperations(LAB, planResources(loadLabText(text, "lab.yaml").lab));
  const { failures } = await running.call("apply", { operations, mode: "build", keep: true });
  expect(failures.map(({ stderr }) => stderr).join("\n")).toContain(
    "ADD of default/web: plugin later failed (code 100): not now",
  );
  expect((await running.call("attachments", {})).left.map(({ id }) => id)).toContain("bridge:n1:by-hand");
  await expectAttached(text);
  expect(calls()).toEqual([
    "ADD wires",
    "ADD later",
    "DEL later",
    "DEL wires",
    "DEL later",
    "DEL wires",
    "ADD wires",
    "ADD later",
  ]);
});

test("DEL of what is incomplete is named when it is what fails", async () => {
  const text = labText({ wires: plugin("wires", `${WIRES}; refuse`, "refuse") });
  const running = await agent(false);
  const { operations } = planOperations(LAB, planResources(loadLabText(text, "lab.yaml").lab));
  const said = async (): Promise<string> => {
    const { failures } = await running.call("apply", { operations, mode: "build", keep: true });
    return failures.map(({ stderr }) => stderr).join("\n");
  };
  expect(await said()).toContain("ADD of default/web: plugin wires failed (code 100): not now");
  expect(await said()).toContain("DEL of default/web: plugin wires failed (code 100): not now");
});

test("the agent is killed during ADD: the next one calls DEL before it tries again", async () => {
  const text = labText({
    wires: plugin("wires", WIRES, UNWIRE),
    waits: plugin("waits", "! once waiting || exec sleep 1000", ":"),
  });
  const running = await agent(false);
  const { operations } = planOperations(LAB, planResources(loadLabText(text, "lab.yaml").lab));
  const building = running.call("apply", { operations, mode: "build", keep: true }).catch(() => undefined);
  await expect.poll(() => existsSync(`${STATE}/waiting`), { timeout: 20_000 }).toBe(true);
  const pid = lockHolder(stateParent(), LAB);
  if (pid === null) throw new Error("no agent has the lab");
  process.kill(pid, "SIGKILL");
  await running.closed;
  await building;
  await agent(true);
  await expectAttached(text);
  expect(calls()).toEqual(["ADD wires", "ADD waits", "DEL waits", "DEL wires", "ADD wires", "ADD waits"]);
});
