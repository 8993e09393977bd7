import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { agentCommand, keepEarlyAgent, spawnAgent, takeEarlyAgent } from "../../../src/drivers/agent-program.ts";
import { startEarly } from "../../../src/drivers/early-agent.ts";

const OURS = agentCommand("/run/k8snet-lab");

afterEach(() => void takeEarlyAgent(OURS)?.kill());

test.each(
  ["", "up", "down lab", "up a.yaml --dry-run", "up a.yaml --driver docker", "up a.yaml --driver=docker", "up -h"].map(
    (words) => [words],
  ),
)("no agent is started early for the command line '%s'", (words) => {
  startEarly(words.split(" "));
  expect(takeEarlyAgent(OURS)).toBeUndefined();
});

test("an early agent is taken once, by the command that it was started with", async () => {
  const child = spawnAgent(OURS);
  keepEarlyAgent(child);
  expect(takeEarlyAgent(agentCommand("/elsewhere"))).toBeUndefined();
  expect(takeEarlyAgent(OURS)).toBe(child);
  expect(takeEarlyAgent(OURS)).toBeUndefined();
  const ended = once(child, "exit");
  child.stdin.end();
  await ended;
  keepEarlyAgent(child);
  expect(takeEarlyAgent(OURS)).toBeUndefined();
});
