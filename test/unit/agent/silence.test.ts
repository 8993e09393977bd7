import { spawn } from "node:child_process";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { openClient } from "../../../src/agent/connect.ts";
import { pause } from "../../wait.ts";

test("a call to a stopped agent ends within seconds, with the way to continue it", async () => {
  const agent = spawn("cat", { stdio: "pipe" });
  agent.kill("SIGSTOP");
  const client = openClient(agent.stdout, agent.stdin, { lab: "x", pid: () => agent.pid });
  await expect(client.call("stored", {})).rejects.toMatchObject({
    code: "ENOANSWER",
    message: `the agent of lab x (pid ${agent.pid}) does not answer: it is stopped`,
    hint: expect.stringContaining(`kill -CONT ${agent.pid}`),
  });
  await client.closed;
  await expect(client.call("stored", {})).rejects.toMatchObject({ code: "ENOANSWER" });
  agent.kill("SIGKILL");
  await once(agent, "exit");
}, 10_000);

test("a slow agent that answers a greeting meanwhile is waited for", async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const client = openClient(input, output, { pid: () => undefined });
  const greetings: number[] = [];
  output.setEncoding("utf8").on("data", (text: string) => {
    for (const line of text.trim().split("\n")) {
      const { id, method } = JSON.parse(line) as { id: number; method: string };
      if (method === "hello") greetings.push(id);
      if (method === "hello") input.write(`${JSON.stringify({ id, result: {} })}\n`);
      else void pause(3000, "the agent is slow").then(() => input.write(`${JSON.stringify({ id, result: null })}\n`));
    }
  });
  await expect(client.call("stored", {})).resolves.toBeNull();
  expect(greetings.length).toBeGreaterThan(2);
  client.close();
}, 10_000);
