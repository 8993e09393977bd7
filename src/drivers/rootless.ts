/** The netns driver for ordinary users: the agent lives in user, mount and network namespaces of its own, and the lab in there. */
import type { AgentClient } from "../agent/client.ts";
import { prepareParent, stateParent } from "../agent/state-folder.ts";
import type { Driver } from "./driver.ts";
import { requireLinux, requireTools, requireUserNamespaces } from "./host-fitness.ts";
import { requirePrograms } from "./lab-programs.ts";
import { onThisHost } from "./one-host.ts";
import { startAgent } from "./start-agent.ts";

/**
 * The user id stays the same (tcpdump and others that drop root could not do so: setgroups(2) is denied), with all
 * capabilities over the new namespaces, kept over exec.
 */
const UNSHARE = ["unshare", "--user", "--map-current-user", "--keep-caps", "--mount", "--net", "--"] as const;

export function rootlessDriver(): Driver {
  const parent = stateParent();
  return {
    ...onThisHost(parent, true),
    probe: async (lab) => {
      requireLinux();
      requireUserNamespaces();
      requireTools();
      requirePrograms(lab);
    },
    start: async () => {
      prepareParent(parent);
      let client: AgentClient;
      try {
        client = await startAgent({ prefix: UNSHARE, parent, args: ["--rootless"] });
      } catch (error) {
        requireUserNamespaces(error);
        throw error;
      }
      return endingLeftovers(client, parent);
    },
  };
}

/**
 * Processes of a dead agent live in its user namespace, where a new agent, in one of its own, cannot look; we can. Their
 * end is also the end of the dead lab's namespaces.
 */
function endingLeftovers(client: AgentClient, parent: string): AgentClient {
  return {
    ...client,
    call: async (method, params, onEvent) => {
      if (method === "adopt" && "recover" in params && params.recover) {
        // It loads system calls, which other platforms and most commands do not need.
        const { endLeftovers } = await import("../agent/leftovers-of-lab.ts");
        await endLeftovers(parent, params.lab);
      }
      return client.call(method, params, onEvent);
    },
  };
}
