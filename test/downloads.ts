/** For commands that download: a lane's network leads nowhere, the machine's is beside it (scripts/lane). */
import { existsSync } from "node:fs";

const NETWORK = "/run/k8snet-lab-lane/network";

/** What such a command line must begin with. */
export const ONLINE: readonly string[] = existsSync(NETWORK) ? ["nsenter", `--net=${NETWORK}`] : [];
