// Sound.jsx: choose the microphone and the speaker. Browsers name them only once
// the page may use a microphone.
import { NativeSelect } from "@mantine/core";
import { t } from "../../text/text.js";
import styles from "./phone.module.css";

const dataOf = (list) => {
  const data = list.map(({ id, label }) => ({ value: id, label }));
  return data.some(({ value }) => value === "default") ? data : [{ value: "default", label: t("The system’s choice") }, ...data];
};

export function Sound({ devices, phone }) {
  const { microphones, speakers, microphone, speaker, canChooseSpeaker } = devices;
  if (microphones.length === 0 && !canChooseSpeaker) return null;
  return (
    <details className={styles.sound}>
      <summary>{t("Microphone and speaker")}</summary>
      <NativeSelect label={t("Microphone")} value={microphone} data={dataOf(microphones)}
        onChange={(event) => phone.choose("microphone", event.currentTarget.value)} />
      {canChooseSpeaker && (
        <NativeSelect label={t("Speaker")} value={speaker} data={dataOf(speakers)}
          onChange={(event) => phone.choose("speaker", event.currentTarget.value)} />
      )}
    </details>
  );
}
