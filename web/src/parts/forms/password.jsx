// password.jsx: a field for a secret. Mantine's own doesn't tell screen readers that it is wrong.
import { PasswordInput } from "@mantine/core";

/** `eye`: the label of the button that shows it. */
export function Password({ eye, error, ...props }) {
  return <PasswordInput required data-secret withAsterisk={false} error={error} aria-invalid={error ? true : undefined}
    {...props} visibilityToggleButtonProps={{ "aria-label": eye, tabIndex: 0 }} />;
}
