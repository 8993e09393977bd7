/** What an ordinary user does with a lab, from up to down; run by agent-rootless.test.ts as one. Prints what it saw as JSON. */
import { spawnSync } from "node:child_process";
import { lockHolder, stateParent } from "../../src/agent/state-folder.ts";
import { enterCommand } from "../../src/drivers/enter-command.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import { agentIds, differences, down, leftovers, made, smallLab, up } from "./agent-lab.ts";
import { tableOf } from "./l7-net.ts";

const lab = process.argv[2] ?? "";
const driver = getDriver("netns");
const seen: Record<string, unknown> = { uid: process.getuid?.() };
await driver.probe(undefined);
let client = await up(driver, lab);
const probe = { kind: "tcp", ns: "red", to: "10.2.0.2", port: 80, timeout: 2000 } as const;

async function enter(
  ns: string,
  ...argv: string[]
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const { file, args, env } = await enterCommand(client, { ns }, argv);
  const { status, stdout, stderr } = spawnSync(file, args, { env: { ...process.env, ...env }, encoding: "utf8" });
  return { status, stdout, stderr };
}

try {
  seen["info"] = await client.call("hello", { client: "test" });
  seen["list"] = (await driver.list()).filter(({ name }) => name === lab);
  seen["probe"] = (await client.call("probe", { probes: [probe] })).results[0];
  seen["same"] = (await differences(client, lab, smallLab())).operations;
  seen["run"] = await client.call("run", {
    ns: "gw",
    argv: ["timeout", "1", "tcpdump", "-i", "red0", "-c1"],
    timeout: 4000,
  });
  seen["enter"] = await enter("blue", "sh", "-c", "id -u; hostname; cat /etc/hosts; ls /sys/class/net; exit 7");
  // Somebody with the capabilities breaks it from inside.
  seen["break"] = await enter(
    "gw",
    "sh",
    "-c",
    "ip link del red0 && iptables -F FORWARD && timeout 1 tcpdump -i blue0 -c1 -w /dev/null; true",
  );
  const mend = await differences(client, lab, smallLab());
  seen["mend"] = mend.operations.map(({ id }) => id);
  seen["mended"] = (await client.call("apply", { operations: mend.operations, mode: "converge", keep: true })).failures;
  seen["probeAgain"] = (await client.call("probe", { probes: [probe] })).results[0];

  const backends = { web: { endpoints: [{ address: "10.2.0.2", port: 80 }] } };
  const proxy = made("l7", "gw", ["front"], {
    name: "front",
    table: tableOf([{}], backends, {}, 80),
    certificates: {},
  });
  const { operations } = await differences(client, lab, [...smallLab(), proxy]);
  seen["proxied"] = (await client.call("apply", { operations, mode: "converge", keep: true })).failures;
  const asked = { ...probe, kind: "http", to: "10.1.0.1", method: "GET", path: "/", headers: {} } as const;
  seen["probeProxied"] = (await client.call("probe", { probes: [asked] })).results[0];

  const ids = agentIds(lab);
  const pid = lockHolder(stateParent(), lab);
  if (pid !== null) process.kill(pid, "SIGKILL");
  await client.closed;
  seen["dead"] = (await driver.list()).filter(({ name }) => name === lab).map(({ state }) => state);
  client = await driver.start();
  seen["recovered"] = await client.call("adopt", { lab, file: "", recover: true });
  seen["afterKill"] = leftovers(lab, ids).filter((left) => left.startsWith("process"));
  const rebuild = await differences(client, lab, smallLab());
  seen["rebuilt"] = (
    await client.call("apply", { operations: rebuild.operations, mode: "converge", keep: true })
  ).failures;
  seen["probeRebuilt"] = (await client.call("probe", { probes: [probe] })).results[0];
  ids.push(...agentIds(lab));
  await down(client);
  seen["left"] = leftovers(lab, ids);
} catch (error) {
  seen["error"] = error instanceof Error ? error.stack : String(error);
  await client.call("down", {}).catch(() => undefined);
}
process.stdout.write(JSON.stringify(seen));
