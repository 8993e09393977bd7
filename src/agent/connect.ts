/** The near end of the agent protocol: a client over a Unix socket, or over the pipes of an agent that was just started. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { BuildError, EXIT, HostError, LabError, UsageError, type ExitCode } from "../errors.ts";
import { callObserve } from "./call-observe.ts";
import type { AgentClient } from "./client.ts";
import { openJsonLines, type JsonLines } from "./json-lines.ts";
import { mustBeOwn, socketTrouble } from "./own-folder.ts";
import { peerOfSocket } from "./peer-of-socket.ts";
import type { Reply } from "./protocol.ts";
import { SilenceWatch, type Silence } from "./silence.ts";

type ErrorReply = Extract<Reply, { error: unknown }>["error"];

interface Call {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onEvent: ((event: unknown) => void) | undefined;
}

/** How errors of a connection describe its agent. */
export interface AgentLink {
  readonly lab?: string | undefined;
  /** Its process on this machine; asked when it is silent. */
  readonly pid?: (() => number | null | undefined) | undefined;
  /** The error when the connection is lost; made at that moment. */
  readonly gone?: (() => LabError | undefined) | undefined;
  /** The error when it does not answer, in place of ENOANSWER. */
  readonly silent?: (() => LabError) | undefined;
  /** Bytes of the longest line that it may send. */
  readonly lineLimit?: number | undefined;
}

/** Calls count from 1. */
const NO_CALL = 0;

const EXIT_CODES: Readonly<Record<string, ExitCode>> = {
  EUSAGE: EXIT.badInput,
  EHOST: EXIT.unfitHost,
  EBUG: EXIT.bug,
};

/** Milliseconds for connect(2): it waits while the queue of a listener that does not answer is full. */
const CONNECT_LIMIT = 10_000;

/** Errors of connect(2) when there is no listener, or the listener is just ending. */
const NOBODY = new Set<string | undefined>(["ENOENT", "ECONNREFUSED", "ECONNRESET", "ENOTDIR"]);

/**
 * Null when nothing listens there. Throws HostError, before anything is sent, when others could own the socket; other errors
 * of connect(2) as they are.
 */
export async function connectAgent(path: string, link: AgentLink = {}): Promise<AgentClient | null> {
  let socket: Socket | undefined;
  try {
    mustBeOwn(socketTrouble(path));
    socket = connect(path);
    await once(socket, "connect", { signal: AbortSignal.timeout(CONNECT_LIMIT) });
    await mustBeOurAgent(socket, path);
  } catch (error) {
    socket?.destroy();
    if (NOBODY.has((error as NodeJS.ErrnoException).code)) return null;
    throw error;
  }
  return openClient(socket, socket, link);
}

/** A socket in a folder of ours is ours; for one in /tmp the kernel also reports the owner of the process behind it. */
async function mustBeOurAgent(socket: Socket, path: string): Promise<void> {
  const uid = process.getuid?.() ?? 0;
  const peer = uid === 0 ? undefined : await peerOfSocket(socket);
  if (peer !== undefined && peer.uid !== uid)
    mustBeOwn(`the process behind ${path} (pid ${peer.pid}) belongs to uid ${peer.uid}`);
}

/** Who asks, for messages about a lab that is in use. */
export const GREETING = { client: `k8snet-lab pid ${process.pid}` };

export function openClient(input: Readable, output: Writable, link: AgentLink = {}): AgentClient {
  const calls = new Map<number, Call>();
  let next = 1;
  let lost: Error | undefined;
  const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>();
  const silence = new SilenceWatch({
    pid: () => link.pid?.() ?? undefined,
    ask: () => lines.send({ id: NO_CALL, method: "hello", params: GREETING }),
    onSilent: (why, pid) => {
      lost = link.silent?.() ?? noAnswer(link.lab, why, pid);
      lines.close();
      end();
    },
  });
  const end = (): void => {
    silence.rest();
    lost ??=
      link.gone?.() ??
      new LabError("EAGENT", EXIT.buildFailed, "the connection to the lab's agent was lost", {
        hint: "check whether it is still running: k8snet-lab ls",
      });
    for (const call of calls.values()) call.reject(lost);
    calls.clear();
    input.destroy();
    output.destroy();
    onClosed();
  };
  const lines: JsonLines = openJsonLines(
    input,
    output,
    (message) => {
      silence.received();
      const reply = message as Reply;
      const call = calls.get(reply.id);
      if (call === undefined) return;
      if ("event" in reply) {
        call.onEvent?.(reply.event);
        return;
      }
      calls.delete(reply.id);
      if (calls.size === 0) silence.rest();
      if ("error" in reply) call.reject(toError(reply.error));
      else call.resolve(reply.result);
    },
    end,
    link.lineLimit,
  );
  const client: AgentClient = {
    call: (method, params, onEvent) =>
      new Promise((resolve, reject) => {
        if (lost !== undefined) {
          reject(lost);
          return;
        }
        const id = next++;
        calls.set(id, {
          resolve: resolve as (result: unknown) => void,
          reject,
          onEvent: onEvent as ((event: unknown) => void) | undefined,
        });
        silence.expect();
        lines.send({ id, method, params });
      }),
    observe: (wants) => callObserve(client, wants),
    closed,
    close: () => lines.close(),
  };
  // So that the agent can say who holds the lock.
  client.call("hello", GREETING).catch(() => {});
  return client;
}

function noAnswer(lab: string | undefined, why: Silence, pid: number | undefined): LabError {
  const who = `the agent of ${lab === undefined ? "this lab" : `lab ${lab}`}${pid === undefined ? "" : ` (pid ${pid})`}`;
  const is = { stopped: ": it is stopped", idle: "", busy: ": it has been busy for a minute", unseen: "" }[why];
  const end = lab === undefined ? "" : `k8snet-lab down ${lab} ends it and takes the lab down`;
  const goOn = why === "stopped" && pid !== undefined ? `resume it: kill -CONT ${pid}` : "";
  return new LabError("ENOANSWER", EXIT.buildFailed, `${who} does not answer${is}`, {
    hint: [goOn, end].filter((text) => text !== "").join("; or: "),
  });
}

function toError({ code, message, hint, failures }: ErrorReply): LabError {
  if (failures !== undefined) return new BuildError(message, failures, hint);
  if (code === "EHOST") return new HostError(message, hint ?? "");
  if (code === "EUSAGE") return new UsageError(message, hint);
  return new LabError(code, EXIT_CODES[code] ?? EXIT.buildFailed, message, { hint });
}
