/** A change to a running lab detaches one pod and cannot attach another: it is taken back, and the first is attached again. */
import { afterEach, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import { adopted } from "../../src/live/adopt.ts";
import { scale } from "../../src/live/changes.ts";
import { LiveLab } from "../../src/live/live-lab.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { findForeignObjects } from "../../src/plan/foreign-objects.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { planOperations } from "../../src/plan/plan-operations.ts";
import { sysctlWants } from "../../src/resources/sysctl/wants.ts";
import { storeLab } from "../../src/workflow/stored-lab.ts";
import { pause } from "../wait.ts";
import { agentIds, down, leftovers, up } from "./agent-lab.ts";
import { scriptedLab } from "./scripted-cni.ts";

const LAB = `cniback-${process.pid}`;

/** Each ADD gives the next address; pods called b… are refused. */
const WIRES = `#!/bin/sh -e
cd /var/lib/cni
host=h$(echo "$CNI_CONTAINERID" | cut -c1-8) pod="ip -n \${CNI_NETNS##*/}"
case $CNI_COMMAND in
  VERSION) echo '{"cniVersion":"1.0.0","supportedVersions":["1.0.0"]}'; exit ;;
  DEL) ip link del "$host" 2>/dev/null || :; exit ;;
esac
case $CNI_ARGS in *K8S_POD_NAME=b*) echo '{"code":100,"msg":"not this one"}'; exit 1 ;; esac
n=$(($(cat n 2>/dev/null || echo 9) + 1))
echo $n >n
ip link show by-hand >/dev/null 2>&1 || ip link add by-hand type bridge
ip link add "$host" type veth peer name "$CNI_IFNAME" netns "\${CNI_NETNS##*/}"
ip link set "$host" up
$pod link set "$CNI_IFNAME" up
$pod addr add 10.244.0.$n/32 dev "$CNI_IFNAME"
$pod route add default dev "$CNI_IFNAME"
ip route add 10.244.0.$n dev "$host"
echo '{"cniVersion":"1.0.0","ips":[{"address":"10.244.0.'$n'/32"}]}'
`;

const deployment = (name: string, replicas: number): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image: "x" }] } },
  },
});
const TEXT = scriptedLab(LAB, { wires: WIRES }, [deployment("a", 1), deployment("b", 0)]);

let client: AgentClient | undefined;
afterEach(async () => {
  const ids = agentIds(LAB);
  if (client !== undefined) await down(client);
  client = undefined;
  expect(leftovers(LAB, ids)).toEqual([]);
});

test("DEL of one pod, and ADD of another that is refused: the first comes back with another address", async () => {
  const { lab, sources } = loadLabText(TEXT, "lab.yaml");
  const desired = planResources(lab);
  const running = (client = await up(getDriver("netns"), LAB, desired));
  await running.call("lock", { purpose: "test" });
  const made = await adopted(running, { lab, desired, sources });
  await running.call("commit", { stored: storeLab(made.lab, sources, made.live) });
  const live = new LiveLab(running, { notify: () => {}, signal: new AbortController().signal });
  const addresses = async (): Promise<readonly unknown[]> =>
    (await live.lab()).clusters[0]?.pods.map(({ address }) => address.ipv4) ?? [];
  expect(await addresses()).toEqual(["10.244.0.10"]);
  // The pod of a is terminating, and has answered to the end when b's is to come.
  await live.change("scale", scale("deploy/a", 0));
  // One round, which sees it terminating: on a busy machine a second one might come late enough to let it go.
  await live.settle("scale", 0);
  await pause(400, "a terminating pod serves for 300 ms at least");
  const change = live.change("scale", scale("deploy/b", 1));
  await expect(change).rejects.toThrow(/not this one[^]*as it was|refuses it/);
  expect(await addresses()).toEqual(["10.244.0.11"]);
  const ping = { ns: "n1", argv: ["ping", "-q", "-c", "1", "-W", "5", "10.244.0.11"], timeout: 8000 };
  expect((await running.call("run", ping)).exitCode).toBe(0);
  const now = planResources(await live.lab());
  const observed = await running.observe({ sysctls: sysctlWants(now, true) });
  expect(planOperations(LAB, now, observed).operations.map(({ id, reason }) => `${id}: ${reason}`)).toEqual([]);
  expect(findForeignObjects(now, observed).map(({ what }) => what)).toEqual([]);
});
