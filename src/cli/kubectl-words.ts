/** Commands that users of kubectl, docker and the usual tools look for, and what does it here. */
const UP = "k8snet-lab up LAB.yaml builds a lab, or updates a running one to match its file";
const DOWN = "k8snet-lab down LAB takes a lab down";
const LS = "k8snet-lab ls lists labs";
const PROBE =
  "k8snet-lab probe LAB pod/a svc/b:80 connects, k8snet-lab probe LAB pod/a node1 pings; both say where a packet is lost";
const TRACE = "k8snet-lab trace LAB pod/a svc/b:80 shows a packet's way, hop by hop";
const CAPTURE = "k8snet-lab capture LAB TARGET shows packets, as tcpdump does";
const ROLLOUT = "k8snet-lab rollout LAB deploy/NAME restarts a workload's pods";

const WORDS: Readonly<Record<string, string>> = {
  get: `${LS}, k8snet-lab inspect LAB shows what is in one`,
  apply: UP,
  create: UP,
  deploy: UP,
  start: UP,
  edit: `change the lab's file, then ${UP}`,
  run: "k8snet-lab up LAB.yaml builds a lab, k8snet-lab exec LAB TARGET -- COMMAND runs a program in it",
  logs: "pods have no logs here: k8snet-lab inspect LAB shows state, k8snet-lab capture LAB TARGET packets, --debug what the agent did",
  attach: "k8snet-lab shell LAB TARGET opens a shell",
  "port-forward":
    "a lab's addresses are reachable inside it: k8snet-lab probe LAB node1 pod/a:80, k8snet-lab exec LAB node1 -- curl …",
  restart: ROLLOUT,
  destroy: DOWN,
  stop: DOWN,
  rm: DOWN,
  ps: LS,
  status: LS,
  top: "k8snet-lab inspect LAB --json has the agent's memory and processor time",
  ping: PROBE,
  reach: PROBE,
  curl: PROBE,
  traceroute: TRACE,
  mtr: TRACE,
  tcpdump: CAPTURE,
};

const KIND =
  /^(?:po|pods?|svc|services?|deploy(?:ments?)?|sts|statefulsets?|ds|daemonsets?|rs|replicasets?|nodes?|no|netpol|networkpolic(?:y|ies)|ep|endpoints?|endpointslices?|ns|namespaces?)$/;

export const FOREIGN_WORDS = Object.keys(WORDS);

/** Undefined: the words mean a command of ours, or nothing that is known. */
export function kubectlHint([first = "", kind = "", name]: readonly string[]): string | undefined {
  if (first !== "describe") return WORDS[first];
  const [word = "", object = name] = kind.split("/");
  return object === undefined || object.startsWith("-") || !KIND.test(word)
    ? undefined
    : `describe prints the lesson of a lab; k8snet-lab inspect LAB pod/NAME shows a pod or a node, k8snet-lab explain LAB pod/NAME svc/NAME:80 a Service and its policies`;
}
