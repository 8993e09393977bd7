/** The actions behind the keys of the terminal UI. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { AgentClient } from "../agent/client.ts";
import { UsageError } from "../errors.ts";
import { joinHostPort } from "../net/host-port.ts";
import { listTargets } from "../targets/parse-target.ts";
import { commandsAsCalled } from "./called-as.ts";
import type { CliContext } from "./context.ts";
import type { EventBus } from "../workflow/event-bus.ts";
import { podEnv } from "../targets/pod-env.ts";
import { placeOf } from "../targets/target-place.ts";
import { cleanEnvironment, runInPlace, shellCommand } from "./run-in-target.ts";
import { storyQuestion } from "./story-question.ts";
import type { Session } from "../workflow/session.ts";
import type { TuiActions } from "../tui/port.ts";

export interface TuiActionOptions extends Pick<TuiActions, "rerun" | "whatChanged" | "repair" | "repairOnly"> {
  /** Undefined until the lab is built. */
  readonly session: () => Session | undefined;
  readonly bus: EventBus;
  readonly context: CliContext;
  readonly quit: (takeDown: boolean) => void;
}

/** Bytes of each packet that the UI asks for: it shows one line. */
const SNAPLEN = 512;

export function makeTuiActions(options: TuiActionOptions): TuiActions {
  const captures = new Map<string, AgentClient>();
  let captureNumber = 0;
  const current = (): Session => {
    const session = options.session();
    if (session === undefined) throw new UsageError("the lab is not built yet", "wait for it");
    return session;
  };
  return {
    rerun: options.rerun,
    whatChanged: options.whatChanged,
    repair: options.repair,
    repairOnly: options.repairOnly,
    async trace({ from, to, protocol, port }) {
      const { client, lab } = current();
      const end = protocol === "icmp" ? to : joinHostPort(to, port);
      const asked = { tcp: {}, udp: { udp: true }, http: { http: true as const }, icmp: { icmp: true } }[protocol];
      const question = storyQuestion(lab, from, end, asked, "the screen");
      const { tellStory } = await import("../story/tell.ts");
      const story = await tellStory({ client, lab }, question);
      const flag = protocol === "udp" || protocol === "http" ? ` --${protocol}` : "";
      const command = `k8snet-lab trace ${lab.name} ${from} ${end}${flag}`;
      return { story, command: commandsAsCalled(command, options.context.called) };
    },
    async capture({ ns, iface }) {
      const { driver, lab } = current();
      const name = `tui-${process.pid}-${++captureNumber}`;
      // A connection of its own: runs of checks replace theirs.
      const client = await driver.connect(lab.name);
      if (client === null)
        throw new UsageError("the agent of this lab does not answer", "run the checks again: that restarts it");
      captures.set(name, client);
      await client.call("captureStart", { name, at: [{ ns, iface }], snaplen: SNAPLEN });
      client
        .call("captureFollow", { name }, (packet) => options.bus.emit({ type: "packet", packet }))
        .catch(() => undefined)
        .finally(() => client.close());
      return name;
    },
    async stopCapture(name) {
      const client = captures.get(name);
      captures.delete(name);
      await client?.call("captureStop", { name });
      client?.close();
    },
    async shell(target) {
      const { driver, client, lab } = current();
      const { argv, env } = shellCommand(lab.name, target.text, options.context.env);
      await stopReading(options.context.stdin);
      await runInPlace(driver, client, placeOf(target), argv, {
        ...cleanEnvironment(options.context.env, lab.name, target.text),
        ...podEnv(lab, target),
        ...env,
      });
    },
    targets() {
      const session = options.session();
      return session === undefined ? [] : listTargets(session.lab);
    },
    quit: () => options.quit(false),
    quitAndDown: () => options.quit(true),
  };
}

/**
 * Ink takes its listener off stdin when it suspends, but the handle keeps reading: a read of a terminal by a
 * background process group stops it (SIGTTIN), and takes keys from the shell before that. Pausing ends the read; the
 * stream emits `pause` only a turn after the last `readable` listener has gone.
 */
async function stopReading(stdin: NodeJS.ReadStream): Promise<void> {
  await nextTurn();
  stdin.pause();
  await nextTurn();
}
