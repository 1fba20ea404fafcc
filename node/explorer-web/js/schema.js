// Schemas of an OpenAPI 3 document as the shape that a person writes: JSON with types in the place of values.

const depthMost = 6;

export class Schemas {
  constructor(document) {
    this.document = document;
  }

  /** Follows a local $ref ("#/a/b"), as often as needed; an unknown one gives an empty schema. */
  resolve(node) {
    let found = node;
    for (let steps = 0; found?.$ref && steps < 8; steps++) {
      found = String(found.$ref)
        .replace(/^#\//, "")
        .split("/")
        .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
        .reduce((at, part) => at?.[part], this.document);
    }
    return found ?? {};
  }

  /** The name of a shared schema that a node refers to, or null. */
  nameOf(node) {
    return node?.$ref ? String(node.$ref).split("/").at(-1) : null;
  }

  /** One word or a few: "integer", "string or null", "settled | anchored". */
  word(node) {
    const schema = this.resolve(node);
    if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
    if (schema.const !== undefined) return JSON.stringify(schema.const);
    const parts = schema.oneOf ?? schema.anyOf;
    if (parts) return [...new Set(parts.map((part) => this.word(part)))].sort(nullLast).join(" or ");
    const types = this.#types(schema);
    if (types.includes("array")) return withNull(`array of ${this.word(schema.items ?? {})}`, types);
    const name = this.nameOf(node);
    if (types.includes("object") && name) return withNull(name, types);
    return types.sort(nullLast).join(" or ") || "any";
  }

  // A serialiser that accepts numbers written as text says ["integer", "string"]; what it writes is the number.
  #types(schema) {
    const types = [schema.type ?? (schema.properties ? "object" : [])].flat();
    const number = types.includes("integer") || types.includes("number");
    const kept = number && schema.pattern ? types.filter((type) => type !== "string") : types;
    if (schema.nullable === true && !kept.includes("null")) kept.push("null");
    return schema.format === "binary" ? ["bytes"] : kept;
  }

  /** Lines of {text, note}, to be shown one under another. */
  lines(node) {
    return this.#lines(node, 0, new Set());
  }

  #lines(node, depth, above) {
    const schema = this.#unwrapped(node);
    const name = this.nameOf(schema.from);
    const types = this.#types(schema.value);
    const tail = schema.orNull || types.includes("null") ? " or null" : "";
    const closed = depth >= depthMost || (name && above.has(name));
    if (types.includes("array") && !closed) return this.#array(schema.value, depth, above, tail);
    const members = Object.entries(schema.value.properties ?? {});
    if (members.length === 0 || closed)
      return [
        { text: this.word(schema.from) + (types.includes("null") ? "" : tail), note: schema.value.description ?? null },
      ];
    const inner = name ? new Set([...above, name]) : above;
    return this.#object(schema.value, members, depth, inner, tail);
  }

  // {"oneOf": [null, X]} is X or null.
  #unwrapped(node) {
    const value = this.resolve(node);
    const parts = value.oneOf ?? value.anyOf;
    const rest = parts?.filter((part) => this.resolve(part).type !== "null");
    return rest?.length === 1
      ? { from: rest[0], value: this.resolve(rest[0]), orNull: rest.length < parts.length }
      : { from: node, value, orNull: false };
  }

  #array(schema, depth, above, tail) {
    const inner = this.#lines(schema.items ?? {}, depth + 1, above);
    if (inner.length === 1)
      return [{ text: `[${inner[0].text}, …]${tail}`, note: inner[0].note ?? schema.description ?? null }];
    inner[0] = { ...inner[0], text: `[${inner[0].text}` };
    inner[inner.length - 1] = { ...inner.at(-1), text: `${inner.at(-1).text}, …]${tail}` };
    return inner;
  }

  #object(schema, members, depth, above, tail) {
    const required = new Set(schema.required ?? []);
    const lines = [{ text: "{", note: null }];
    members.forEach(([key, member], at) => {
      const comma = at < members.length - 1 ? "," : "";
      const inner = this.#lines(member, depth + 1, above);
      const mayMiss = required.size > 0 && !required.has(key) ? "?" : "";
      inner[0] = {
        text: `"${key}"${mayMiss}: ${inner[0].text}`,
        note: inner[0].note ?? this.resolve(member).description ?? null,
      };
      inner[inner.length - 1] = { ...inner.at(-1), text: inner.at(-1).text + comma };
      lines.push(...inner.map((line) => ({ ...line, text: `  ${line.text}` })));
    });
    lines.push({ text: `}${tail}`, note: null });
    return lines;
  }
}

const nullLast = (a, b) => (a === "null") - (b === "null");
const withNull = (word, types) => (types.includes("null") ? `${word} or null` : word);
