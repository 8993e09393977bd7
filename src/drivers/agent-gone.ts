/** The error when the connection to an agent breaks: with the agent's last output, if any. */
import { existsSync, readFileSync } from "node:fs";
import { agentLogPath, labFolder, lockPath } from "../agent/state-folder.ts";
import { EXIT, LabError } from "../errors.ts";

/** Characters of the log that are quoted. */
const TAIL = 4000;

/** `said`: what it wrote to our pipe before it had a lab; `ended`: exit code or signal, where known. */
export function agentGone(parent: string, lab: string | undefined, said = "", ended?: string): LabError {
  // An agent that is killed leaves both.
  if (lab !== undefined && !existsSync(labFolder(parent, lab)) && !existsSync(lockPath(parent, lab))) {
    return new LabError("EAGENT", EXIT.buildFailed, `lab ${lab} was taken down by another command`, {
      hint: "k8snet-lab up FILE builds it again",
    });
  }
  const words = [said, lab === undefined ? "" : logTail(parent, lab)]
    .map((text) => text.trim())
    .filter((text) => text !== "");
  const why = ended === undefined ? "" : ` (${ended})`;
  return new LabError("EAGENT", EXIT.buildFailed, [`the lab's agent is gone${why}`, ...words].join("\n"), {
    hint: hintFor(lab),
  });
}

/** Without a lab nothing was made yet. */
function hintFor(lab: string | undefined): string {
  if (lab === undefined) return "k8snet-lab doctor shows what this host lacks; then try again";
  return `k8snet-lab up FILE brings lab ${lab} back, k8snet-lab down ${lab} removes what is left of it`;
}

function logTail(parent: string, lab: string): string {
  try {
    return readFileSync(agentLogPath(parent, lab), "utf8").slice(-TAIL);
  } catch {
    return ""; // gone with the lab
  }
}
