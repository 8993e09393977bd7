/** Methods about programs in the lab's namespaces: run one to its end, get in with a terminal, read what a process wrote. */
import { existsSync } from "node:fs";
import { enterArgv, hasOwnFiles } from "../apply/enter.ts";
import { labEnvironment, runIn } from "../apply/spawn.ts";
import { goneNamespace } from "../apply/runtime.ts";
import { UsageError } from "../errors.ts";
import { NETNS_FOLDER, type NetnsHandle } from "../kernel/netns.ts";
import { isNetns } from "../resources/netns/definition.ts";
import { processesOf } from "../resources/process/apply.ts";
import type { MethodTable } from "./connection.ts";
import type { AdoptedLab } from "./adopted-lab.ts";
import type { LabSession } from "./lab-session.ts";
import { rootlessDoor } from "./rootless-door.ts";

/** Lines of a process's output that are sent at most. */
const LOG_LINES = 1000;

export function programMethods(session: LabSession<AdoptedLab>): Pick<MethodTable, "run" | "enter" | "processLog"> {
  return {
    run: ({ ns, pod, argv, env, stdin, timeout, outputLimit }) => {
      const { runtime } = session.lab;
      const handle = namespace(session, ns);
      const command = hasOwnFiles(runtime, ns) ? [...enterArgv(runtime, ns, { pod }), ...argv] : argv;
      return runIn(handle, command, { env, input: stdin, timeout, outputLimit });
    },
    enter: async ({ ns, pod, cwd }) => {
      const handle = namespace(session, ns);
      if (!session.options.rootless && !existsSync(`${NETNS_FOLDER}/${handle.name}`)) throw goneNamespace(ns);
      const inside = enterArgv(session.lab.runtime, ns, { cwd, pod });
      const { PATH, K8SNET_LAB_ID } = labEnvironment();
      return {
        argv: [...(session.options.rootless ? await rootlessDoor(handle.name) : rootDoor(handle)), ...inside],
        env: { PATH: PATH ?? "", K8SNET_LAB_ID: K8SNET_LAB_ID ?? "" },
      };
    },
    processLog: ({ id }) => {
      const process = processesOf(session.lab.runtime).get(id);
      if (process === undefined)
        throw new UsageError(`there is no process ${JSON.stringify(id)}`, "k8snet-lab inspect lists them");
      return { lines: process.lines().slice(-LOG_LINES), exitCode: process.exitCode };
    },
  };
}

function rootDoor(handle: NetnsHandle): string[] {
  return ["nsenter", `--net=${NETNS_FOLDER}/${handle.name}`, "--"];
}

function namespace(session: LabSession<AdoptedLab>, ns: string): NetnsHandle {
  const handle = session.lab.runtime.find(ns);
  if (handle !== undefined) return handle;
  const { applied } = session.lab.runtime.journal.record;
  if ([...applied.values()].some((one) => isNetns(one) && one.ns === ns)) throw goneNamespace(ns);
  throw new UsageError(
    `there is no namespace ${JSON.stringify(ns)} in lab ${session.lab.runtime.lab}`,
    `there are: ${session.lab.runtime.namespaces.join(", ")}`,
  );
}
