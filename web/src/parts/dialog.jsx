// dialog.jsx: dialogs. The focus goes in and comes back; Escape closes.
import { Button, Modal } from "@mantine/core";
import { Changed } from "./changed.jsx";
import { FormProblem } from "./states.jsx";
import styles from "./dialog.module.css";

// lockScroll would add a <style> element, which the host's policy forbids;
// global.css does it instead.
export function Dialog({ open, onClose, title, size = "md", children }) {
  return (
    <Modal opened={open} onClose={onClose} title={title} size={size} lockScroll={false} centered data-dialog
      classNames={{ title: styles.title }} closeButtonProps={{ "aria-label": "Close" }} overlayProps={{ backgroundOpacity: 0.55 }}>
      {children}
    </Modal>
  );
}

// The buttons below a dialog's form.
export function DialogActions({ children }) {
  return <div className={styles.actions}>{children}</div>;
}

// "Delete this recording?" `change` is a mutation (useChange). With `facts`, [label, text]
// of each field, `value` is a row that a colleague may have changed: then the difference is
// shown, and the next click is about the row as it is now.
export function Confirm({ open, onClose, title, children, verb, change, value, onDone, facts, disabled = false }) {
  const current = facts && change.error?.current;
  const close = () => {
    change.reset();
    onClose();
  };
  const act = () => change.mutate(current ? { ...value, ...current } : value, { onSuccess: (answer) => {
    onClose();
    onDone?.(answer);
  } });
  return (
    <Dialog open={open} onClose={close} title={title}>
      <div className={styles.body}>{children}</div>
      {current && value ? <Changed was={value} now={current} facts={facts} /> : <FormProblem error={change.error} />}
      <DialogActions>
        <Button variant="default" onClick={close} data-autofocus>Keep it</Button>
        <Button color="red" onClick={act} loading={change.isPending} disabled={disabled}>{verb}</Button>
      </DialogActions>
    </Dialog>
  );
}
