/** Volumes of pods: which files and folders programs find, and what keeps a pod from starting. */
import { expect, test } from "vitest";
import { diagnose } from "../../load/diagnose.ts";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { planResources } from "../../../../src/plan/plan-lab.ts";
import { processEnvironment } from "../../../../src/resources/process/environment.ts";

const OBJECTS = `---
{ apiVersion: v1, kind: ConfigMap, metadata: { name: conf }, data: { a: one, b: two }, binaryData: { raw: AAEC/w== } }
---
{ apiVersion: v1, kind: Secret, metadata: { name: pass }, data: { word: c2VzYW1l }, stringData: { user: me } }
`;

interface Given {
  readonly volume?: string;
  readonly mount?: string;
  readonly container?: string;
}

const text = ({ volume = "emptyDir: {}", mount = "mountPath: /x", container = "command: [sleep, infinity]" }: Given) =>
  `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: a }, spec: { cluster: { nodes: [node1] } } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: p, labels: { zone: z1, app: web }, annotations: { note: 'say "x"' } }, spec: { volumes: [ { name: v, ${volume} } ],
  containers: [ { name: c, ${container}, volumeMounts: [ { name: v, ${mount} } ] } ] } }
${OBJECTS}`;

function made(given: Given) {
  const { lab, warnings } = loadLabText(text(given), "a.yaml");
  const resources = planResources(lab);
  const volume = resources.find((one) => one.kind === "volume");
  const process = resources.find((one) => one.kind === "process");
  return {
    files: volume?.files?.map(({ path, mode, text: held, base64 }) => [path, held ?? base64, mode.toString(8)]),
    tmpfs: volume?.tmpfs,
    volume,
    process,
    watches: resources.filter((one) => one.kind === "watch").length,
    mounts: process?.mounts?.map(
      (one) => `${one.volume}/${one.subPath} ${one.mountPath} ${one.readOnly ? "ro" : "rw"}`,
    ),
    pod: lab.clusters[0]?.pods.find(({ namespace }) => namespace === "default"),
    servers: resources.filter((one) => one.kind === "server" && one.podNamespace === "default").length,
    warnings: warnings.map(({ message }) => message),
  };
}

const ALL = [
  ["a", "one", "644"],
  ["b", "two", "644"],
  ["raw", "AAEC/w==", "644"],
];

test.each<[string, string, unknown]>([
  ["a ConfigMap", "configMap: { name: conf }", ALL],
  ["a ConfigMap's keys", "configMap: { name: conf, defaultMode: 0400, items: [{ key: a, path: x/y, mode: 0755 }, { key: b, path: z }] }", [["x/y", "one", "755"], ["z", "two", "400"]]],
  ["a Secret", "secret: { secretName: pass }", [["word", "sesame", "644"], ["user", "me", "644"]]],
  ["nothing that is optional", "configMap: { name: none, optional: true }", []],
  ["a key that is optional", "secret: { secretName: pass, optional: true, items: [{ key: none, path: x }, { key: user, path: z }] }", [["z", "me", "644"]]],
  ["the downward API", "downwardAPI: { items: [{ path: labels, fieldRef: { fieldPath: metadata.labels } }, { path: notes, fieldRef: { fieldPath: metadata.annotations } }, { path: name, fieldRef: { fieldPath: metadata.name } }] }", [["labels", 'app="web"\nzone="z1"', "644"],
      ["notes", 'note="say \\"x\\""', "644"], ["name", "p", "644"]]],
  ["a projection, the last of a path", "projected: { defaultMode: 0440, sources: [{ configMap: { name: conf, items: [{ key: a, path: f }] } }, { secret: { name: pass, items: [{ key: user, path: f }] } }] }", [["f", "me", "440"]]],
  ["what every namespace has", "projected: { sources: [{ configMap: { name: kube-root-ca.crt, items: [{ key: ca.crt, path: ca.crt }] } }] }", [["ca.crt", "", "644"]]],
])("%s", (_, volume, files) => {
  expect(made({ volume }).files).toEqual(files);
}); // prettier-ignore

test.each([
  ["limits.cpu", "1m", "1500"],
  ["limits.cpu", "0", "2"],
  ["requests.memory", "1Mi", "64"],
  ["requests.cpu", "1m", "1500"],
  ["requests.ephemeral-storage", "1", "0"],
])("resourceFieldRef %s in units of %s, in a file and as a variable", (resource, divisor, value) => {
  const limits = "command: [sleep, infinity], resources: { limits: { cpu: 1500m, memory: 64Mi } }";
  const env = `env: [{ name: V, valueFrom: { resourceFieldRef: { resource: ${resource}, divisor: "${divisor}" } } }]`;
  const { files, process, warnings } = made({
    volume: `downwardAPI: { items: [{ path: v, resourceFieldRef: { containerName: c, resource: ${resource}, divisor: "${divisor}" } }] }`,
    container: `${limits}, ${env}`,
  });
  expect([files?.[0]?.[1], process === undefined ? undefined : processEnvironment(process)["V"]]).toEqual([
    value,
    value,
  ]);
  expect(warnings).toEqual([]);
});

test.each([
  ["{}", undefined],
  ["{ medium: Memory }", {}],
  ["{ medium: Memory, sizeLimit: 1Mi }", { size: 1_048_576 }],
  ["{ sizeLimit: 2k }", { size: 2000 }],
])("emptyDir %s", (emptyDir, tmpfs) => {
  expect(made({ volume: `emptyDir: ${emptyDir}` })).toMatchObject({ files: undefined, tmpfs, warnings: [] });
});

test("mounts: parts by variables too, what comes from objects is read only, inner paths after outer ones", () => {
  const container = "command: [sleep, infinity], env: [{ name: NR, value: n1 }]";
  const mounts = (volume: string) =>
    made({
      volume,
      container,
      mount: "mountPath: /x/y/, subPathExpr: a/$(NR) }, { name: v, mountPath: /x, readOnly: false",
    }).mounts;
  expect(mounts("emptyDir: {}")).toEqual(["v/ /x rw", "v/a/n1 /x/y rw"]);
  expect(mounts("secret: { secretName: pass }")).toEqual(["v/ /x ro", "v/a/n1 /x/y ro"]);
});

test.each([
  ["configMap: { name: none }", "there is no ConfigMap default/none"],
  ["secret: { secretName: pass, items: [{ key: none, path: x }] }", 'Secret default/pass has no key "none"'],
  ["projected: { sources: [{ secret: { name: none } }] }", "there is no Secret default/none"],
])("%s: nothing of the pod starts, it is not ready", (volume, why) => {
  const { pod, process, servers, warnings } = made({ volume });
  expect([pod?.ready, pod?.containers, process, servers]).toEqual([false, [], undefined, 0]);
  expect(warnings).toEqual([`${why}: the kubelet cannot mount volume "v", none of the pod's containers start`]);
  const standIn = made({ volume, container: "image: nginx, ports: [{ containerPort: 80 }]" });
  expect([standIn.pod?.ready, standIn.servers, standIn.volume]).toEqual([true, 1, undefined]);
  expect(standIn.warnings).toEqual([`${why}: the kubelet cannot mount volume "v", here the built-in server stands in`]);
});

const LACKING = "env: [ { name: A, valueFrom: { secretKeyRef: { name: pass, key: none } } } ]";
const WHY =
  'Secret default/pass has no key "none": the kubelet does not start container c (CreateContainerConfigError)';

test("a variable whose key is not there: the container does not start, others of the pod do, the pod is not ready", () => {
  const container = `command: [sleep, infinity], ports: [{ containerPort: 80, name: web }], readinessProbe: { tcpSocket: { port: 80 } }, ${LACKING} }, { name: d, command: [sleep, infinity]`;
  const { pod, process, watches, warnings } = made({ container });
  expect([pod?.ready, process?.name, watches, warnings]).toEqual([false, "d", 0, [WHY]]);
  // Its ports are declared all the same: policies know their names.
  expect(pod?.containers[0]?.ports).toMatchObject([{ name: "web", port: 80 }]);
  const standIn = made({ container: `image: nginx, ports: [{ containerPort: 80 }], ${LACKING}` });
  expect([standIn.pod?.ready, standIn.servers]).toEqual([true, 1]);
  expect(standIn.warnings).toEqual([`${WHY}, here the built-in server stands in`]);
});

test("behind a sidecar that does not start nothing starts", () => {
  const container = `command: [sleep, infinity] }, { name: d, command: [sleep, infinity] } ], initContainers: [ { name: e, restartPolicy: Always, command: [sleep, infinity], ${LACKING}`;
  const { pod, process, warnings } = made({ container });
  expect([pod?.ready, process, warnings]).toEqual([false, undefined, [WHY.replace("container c", "container e")]]);
});

test("storage and tokens are named once", () => {
  const claims = `
---
{ apiVersion: v1, kind: Pod, metadata: { name: q }, spec: { volumes: [ { name: v, persistentVolumeClaim: { claimName: x } }, { name: t, projected: { sources: [ { serviceAccountToken: { path: token } } ] } } ],
  containers: [ { name: c, command: [sleep, infinity], volumeMounts: [ { name: v, mountPath: /x }, { name: t, mountPath: /t } ] } ] } }
---
{ apiVersion: apps/v1, kind: StatefulSet, metadata: { name: s }, spec: { replicas: 2, selector: { matchLabels: { a: s } }, volumeClaimTemplates: [ { metadata: { name: data } } ],
  template: { metadata: { labels: { a: s } }, spec: { containers: [ { name: c, command: [sleep, infinity], volumeMounts: [ { name: data, mountPath: /data } ] } ] } } } }`;
  const { lab, warnings } = loadLabText(text({ volume: "hostPath: { path: /x }" }) + claims, "a.yaml");
  expect(warnings.map(({ message }) => message.replace(/:.*/, "")).toSorted()).toEqual([
    "hostPath, persistentVolumeClaim, volumeClaimTemplates",
    "serviceAccountToken",
  ]);
  const volumes = planResources(lab).flatMap((one) => (one.kind === "volume" ? [one] : []));
  expect(volumes.map(({ id, files }) => `${id} ${files?.length ?? "folder"}`)).toEqual([
    "volume:default/p:v folder",
    "volume:default/q:v folder",
    "volume:default/q:t 1",
    "volume:default/s-0:data folder",
    "volume:default/s-1:data folder",
  ]);
  const token = volumes[2]?.files?.[0]?.text?.split(".") ?? [];
  expect(JSON.parse(Buffer.from(token[1] ?? "", "base64url").toString())).toMatchObject({
    sub: "system:serviceaccount:default:default",
  });
  expect(token[2]).toBe("");
});

test.each([
  ["volume: two sources", { volume: "emptyDir: {}, configMap: { name: conf }" }, "may not specify more than 1 volume type"],
  ["unknown source", { volume: "configmap: { name: conf }" }, "configmap"],
  ["a mode", { volume: "configMap: { name: conf, defaultMode: 01000 }" }, "between 0 and 0777"],
  ["a path that leads out", { volume: "configMap: { name: conf, items: [{ key: a, path: x/../../y }] }" }, "must not contain '..'"],
  ["an absolute part", { mount: "mountPath: /x, subPath: /y" }, "must be a relative path"],
  ["both parts", { mount: "mountPath: /x, subPath: a, subPathExpr: b" }, "mutually exclusive"],
  ["two mounts at one path", { mount: "mountPath: /x }, { name: v, mountPath: /x" }, "must be unique"],
  ["no such volume", { mount: "mountPath: /x }, { name: w, mountPath: /y" }, 'Not found: "w"'],
  ["a field of files only", { volume: "downwardAPI: { items: [{ path: x, fieldRef: { fieldPath: spec.nodeName } }] }" }, "Unsupported value"],
])("refused: %s", (_, given, message) => {
  expect(diagnose(text(given)).join("\n")).toContain(message);
}); // prettier-ignore

test.each([
  ["configMap: { name: conf }", "ConfigMap conf"],
  ["secret: { secretName: pass }", "Secret pass"],
  ["projected: { sources: [{ configMap: { name: conf } }, { secret: { name: pass } }, { downwardAPI: { items: [] } }] }", "ConfigMap conf, Secret pass, downwardAPI"],
  ["emptyDir: {}", "emptyDir"],
  ["hostPath: { path: /data }", "hostPath"],
])("%s says what it comes from", (volume, origin) => {
  expect(made({ volume }).volume?.cause.reason).toBe(`volume v: ${origin}`);
}); // prettier-ignore
