// NumberSelect.jsx: choose one of the company's numbers.
import { NativeSelect } from "@mantine/core";
import { labelOf } from "../../components/support/words.js";

/** `all`: the label for "every number", if that can be chosen. */
export function NumberSelect({ numbers, value, onChange, all, ...rest }) {
  const data = numbers.map((number) => ({ value: String(number.id), label: labelOf(number) }));
  if (all) data.unshift({ value: "", label: all });
  return <NativeSelect {...rest} data={data} value={value} onChange={(event) => onChange(event.currentTarget.value)} />;
}
