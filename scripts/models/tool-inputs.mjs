// The kinds of inputs that the embedded model's tools have.

export const text = (kind, description) => ({ type: "string", kind, description });
export const integer = (low, high, description) => ({ type: "integer", low, high, description });
export const choice = (values, description) => ({
  type: "string",
  choices: values.split(" "),
  description,
});
export const flag = (description) => ({ type: "boolean", description });
