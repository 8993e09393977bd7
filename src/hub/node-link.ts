/** The agent in a node's container: one exec, its stdin and stdout the protocol, its life tied to ours. */
import { PassThrough } from "node:stream";
import type { AgentClient } from "../agent/client.ts";
import { openClient } from "../agent/connect.ts";
import { EXIT, LabError } from "../errors.ts";
import type { Engine } from "../engine/engine.ts";

export const AGENT_PROGRAM = "/opt/k8snet-lab/agent.js";
const SAID_LIMIT = 16 * 1024;

/** `name`: the machine's, for messages. Rejects with LabError when the container does not run. */
export async function startNodeAgent(engine: Engine, container: string, name: string): Promise<AgentClient> {
  const stream = await engine.do(`start the agent in the container of ${name}`, async (docker) => {
    const exec = await docker.getContainer(container).exec({
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Cmd: ["node", AGENT_PROGRAM, "--tied", "--parent", "/run/k8snet-lab"],
    });
    return exec.start({ hijack: true, stdin: true });
  });
  const output = new PassThrough();
  const errors = new PassThrough();
  let said = "";
  errors.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-SAID_LIMIT)));
  engine.docker.modem.demuxStream(stream, output, errors);
  const end = (): void => void output.end();
  stream.on("end", end).on("close", end).on("error", end);
  const error = (what: string, hint: string): LabError =>
    new LabError("EMACHINE", EXIT.buildFailed, `the agent of ${name} ${what}`, { hint });
  const words = (): string => (said.trim() === "" ? "" : ` (${said.trim()})`);
  return openClient(output, stream, {
    gone: () =>
      error(`is gone: its container was stopped, removed or restarted${words()}`, "k8snet-lab up brings it back"),
    silent: () =>
      error("does not answer: its container is paused, or its machine does not answer", `docker unpause ${container}`),
  });
}
