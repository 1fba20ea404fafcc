// The API page: the node's own OpenAPI document, drawn for reading.

import { getJson } from "./api.js";
import { copyButton, el } from "./dom.js";
import { foreign } from "./format.js";
import { Schemas } from "./schema.js";

const methods = ["get", "post", "put", "patch", "delete", "head", "options"];
const description = document.getElementById("description");

/** Operations by their first tag, or without tags by the first part of the path that is no version. */
function grouped(spec) {
  const groups = new Map((spec.tags ?? []).map((tag) => [tag.name, { ...tag, operations: [] }]));
  for (const [path, item] of Object.entries(spec.paths ?? {})) {
    for (const method of methods.filter((one) => item[one])) {
      const operation = item[method];
      const name = operation.tags?.[0] ?? path.split("/").find((part) => part && !/^v\d+$/.test(part)) ?? "other";
      if (!groups.has(name)) groups.set(name, { name, operations: [] });
      groups
        .get(name)
        .operations.push({ path, method, operation, shared: item.parameters ?? [], anchor: anchorOf(method, path) });
    }
  }
  return [...groups.values()].filter((group) => group.operations.length > 0);
}

function anchorOf(method, path) {
  return `${method}${path.replace(/[^a-zA-Z0-9]+/g, "-")}`.replace(/-+$/, "");
}

/** Prose with `code` in it. */
function prose(text) {
  return foreign(text, 4000)
    .split(/(`[^`]+`)/)
    .map((part) => (/^`.+`$/.test(part) ? el("code", {}, part.slice(1, -1)) : part));
}

function draw(spec) {
  const schemas = new Schemas(spec);
  const groups = grouped(spec);
  document.getElementById("title").textContent =
    `${foreign(spec.info?.title ?? "Ledger", 60).split(" | ")[0]}: HTTP interface`;
  description.replaceChildren(...prose(spec.info?.description ?? "Records, blocks, proofs and anchors of this node."));
  document.getElementById("conventions").hidden = false;
  document.getElementById("contents").replaceChildren(
    ...groups.map((group) =>
      el(
        "div",
        { class: "group-nav" },
        el("h2", {}, foreign(group.name, 60)),
        el(
          "ul",
          {},
          group.operations.map((one) =>
            el(
              "li",
              {},
              el(
                "a",
                { href: `#${one.anchor}` },
                method(one.method),
                el("span", { class: "nav-path" }, broken(one.path)),
              ),
            ),
          ),
        ),
      ),
    ),
  );
  document.getElementById("operations").replaceChildren(
    ...groups.map((group) =>
      el(
        "section",
        { class: "group" },
        el("h2", {}, foreign(group.name, 60)),
        group.description ? el("p", { class: "soft" }, prose(group.description)) : null,
        group.operations.map((one) => drawOperation(one, schemas)),
      ),
    ),
  );
  document.getElementById("main").dataset.phase = "ready";
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

function method(name) {
  return el("span", { class: `method is-${name}` }, name.toUpperCase());
}

// A path may break after each slash.
function broken(path) {
  return foreign(path, 200)
    .split("/")
    .flatMap((part, at) => (at === 0 ? [part] : ["/", el("wbr"), part]));
}

function drawOperation({ path, method: name, operation, shared, anchor }, schemas) {
  const parameters = [...shared, ...(operation.parameters ?? [])].map((one) => schemas.resolve(one));
  const body = operation.requestBody ? schemas.resolve(operation.requestBody) : null;
  return el(
    "article",
    { class: "operation", id: anchor, "aria-labelledby": `${anchor}-title` },
    el(
      "h3",
      { id: `${anchor}-title` },
      el("a", { href: `#${anchor}` }, method(name), el("code", { class: "path" }, broken(path))),
    ),
    operation.deprecated ? el("p", { class: "deprecated" }, "Deprecated.") : null,
    operation.summary ? el("p", { class: "summary" }, prose(operation.summary)) : null,
    operation.description ? el("p", { class: "prose" }, prose(operation.description)) : null,
    parameters.length ? [el("h4", {}, "Parameters"), drawParameters(parameters, schemas)] : null,
    body
      ? [
          el("h4", {}, body.required ? "Body" : "Body, optional"),
          body.description ? el("p", {}, prose(body.description)) : null,
          drawContent(body.content, schemas),
        ]
      : null,
    el("h4", {}, "Answers"),
    drawResponses(operation.responses ?? {}, schemas),
    el("h4", {}, "Try it"),
    drawCurl(name, path, parameters, body, operation.responses ?? {}, schemas),
  );
}

function drawParameters(parameters, schemas) {
  return el(
    "dl",
    { class: "parameters" },
    parameters.map((one) => {
      const schema = schemas.resolve(one.schema ?? {});
      const fallback = schema.default === undefined ? null : `default ${JSON.stringify(schema.default)}`;
      return el(
        "div",
        {},
        el(
          "dt",
          {},
          el("code", {}, foreign(one.name, 80)),
          el("span", { class: "where" }, ` ${one.in}${one.required && one.in !== "path" ? ", required" : ""}`),
        ),
        el(
          "dd",
          {},
          el("span", { class: "type" }, [schemas.word(one.schema ?? {}), fallback].filter(Boolean).join(", ")),
          one.description ? el("span", {}, prose(one.description)) : null,
        ),
      );
    }),
  );
}

function drawResponses(responses, schemas) {
  return el(
    "div",
    { class: "responses" },
    Object.entries(responses).map(([status, given]) => {
      const response = schemas.resolve(given);
      const good = /^[123]/.test(status);
      const head = [
        el("span", { class: `status ${good ? "good" : "bad"}` }, status),
        " ",
        prose(response.description ?? ""),
      ];
      const content = Object.entries(response.content ?? {});
      if (content.length === 0) return el("p", { class: "response" }, head);
      return el(
        "details",
        { class: "response", open: good },
        el("summary", {}, head),
        drawContent(response.content, schemas),
      );
    }),
  );
}

function drawContent(content, schemas) {
  return Object.entries(content ?? {}).map(([type, media]) => {
    const name = schemas.nameOf(media.schema);
    const lines = schemas.lines(media.schema ?? {});
    const head = el(
      "p",
      { class: "media" },
      el("code", {}, foreign(type, 100)),
      name ? el("span", { class: "soft" }, ` ${name}`) : null,
    );
    if (lines.length === 1)
      return el(
        "div",
        {},
        el(
          "p",
          { class: "media" },
          el("code", {}, foreign(type, 100)),
          el("span", { class: "soft" }, ` ${lines[0].text}`),
        ),
      );
    return el(
      "div",
      {},
      head,
      el(
        "pre",
        { class: "shape", tabindex: "0", role: "group", "aria-label": `Shape of ${type}` },
        lines.flatMap((line, at) => [
          at > 0 ? "\n" : null,
          line.text,
          line.note ? el("span", { class: "note" }, `   ${foreign(line.note, 200)}`) : null,
        ]),
      ),
    );
  });
}

/** A command that works as it stands once its capital words are filled in. */
export function curlOf(origin, name, path, parameters, body, responses, schemas) {
  const filled = path.replace(/\{([^}:]+)[^}]*\}/g, (_, parameter) => parameter.toUpperCase());
  const needed = parameters
    .filter((one) => one.in === "query" && one.required)
    .map((one) => `${encodeURIComponent(one.name)}=${one.name.toUpperCase()}`);
  const address = `${origin}${filled}${needed.length ? `?${needed.join("&")}` : ""}`;
  const words = ["curl"];
  if (name !== "get") words.push("-X", name.toUpperCase());
  const types = Object.keys(body?.content ?? {});
  if (types.length > 0) {
    words.push(
      "-H",
      `'content-type: ${types[0]}'`,
      types[0].includes("json") ? "-d @body.json" : "--data-binary @FILE",
    );
  }
  const [first] = Object.entries(responses)
    .filter(([status]) => /^2/.test(status))
    .map(([, given]) => Object.keys(schemas.resolve(given).content ?? {}));
  if (first?.includes("text/event-stream")) words.push("-N");
  else if (first?.includes("application/json") && first.length > 1) words.push("-H", "'accept: application/json'");
  else if (first?.length === 1 && !first[0].includes("json") && !first[0].startsWith("text/")) words.push("-o", "FILE");
  return [...words, `'${address}'`].join(" ");
}

function drawCurl(...operation) {
  const command = curlOf(location.origin, ...operation);
  return el(
    "div",
    { class: "curl" },
    el("pre", { tabindex: "0", role: "group", "aria-label": "Command" }, command),
    copyButton(command, "command"),
  );
}

try {
  draw(await getJson("/openapi/v1.json"));
} catch (problem) {
  description.textContent = `The description of the interface could not be read. ${problem.message}`;
  document.getElementById("main").dataset.phase = "failed";
}
