-- api/csv_words.lua: the languages of the table of calls for people, as the console words them.
--
--   csv_words.of("de")("Date")   -> "Datum"
--
-- The English text is the key; the part after a | distinguishes two meanings and isn't shown.

local csv_words = {}

csv_words.LANGUAGES = { "en", "es", "de", "fr" }

local WORDS = {
  -- headings
  ["Date"] = { "Fecha", "Datum", "Date" }, ["Time"] = { "Hora", "Uhrzeit", "Heure" },
  ["Direction"] = { "Dirección", "Richtung", "Sens" }, ["Name"] = { "Nombre", "Name", "Nom" },
  ["Number"] = { "Número", "Nummer", "Numéro" },
  ["Our number"] = { "Nuestro número", "Unsere Nummer", "Notre numéro" },
  ["Outcome"] = { "Resultado", "Ergebnis", "Résultat" }, ["Length"] = { "Duración", "Dauer", "Durée" },
  ["Answered|when"] = { "Contestada", "Angenommen", "Répondu" }, ["Ended"] = { "Fin", "Ende", "Fin" },
  ["Price"] = { "Precio", "Preis", "Prix" },
  ["Currency"] = { "Moneda", "Währung", "Devise" },
  ["Message"] = { "Mensaje", "Nachricht", "Message" },
  -- values below them
  ["Incoming"] = { "Entrante", "Eingehend", "Entrant" },
  ["Outgoing"] = { "Saliente", "Ausgehend", "Sortant" },
  ["yes"] = { "sí", "ja", "oui" }, ["Withheld"] = { "Número oculto", "Unterdrückte Nummer", "Numéro masqué" },
  ["Browser of %s"] = { "Navegador de %s", "Browser von %s", "Navigateur de %s" },
  ["%s (missed)"] = { "%s (perdida)", "%s (verpasst)", "%s (manqué)" },
  ["Answered"] = { "Contestada", "Angenommen", "Répondu" },
  ["Forwarded"] = { "Desviada", "Weitergeleitet", "Transféré" },
  ["Voicemail"] = { "Buzón de voz", "Mailbox", "Messagerie" },
  ["No message"] = { "Sin mensaje", "Keine Nachricht", "Sans message" },
  ["Caller hung up"] = { "Quien llamaba colgó", "Anrufer legte auf", "L’appelant a raccroché" },
  ["No answer"] = { "Sin respuesta", "Keine Antwort", "Sans réponse" },
  ["Busy"] = { "Ocupado", "Besetzt", "Occupé" },
  ["Declined"] = { "Rechazada", "Abgelehnt", "Décliné" },
  ["Failed"] = { "Fallida", "Fehlgeschlagen", "Échec" },
  ["Blocked"] = { "Bloqueado", "Gesperrt", "Bloqué" },
  ["Rejected"] = { "Rechazada", "Abgewiesen", "Rejeté" },
  ["Hung up by the rules"] = {
    "Colgada por las reglas", "Von den Regeln aufgelegt", "Raccroché par les règles",
  },
  ["Ringing"] = { "Sonando", "Klingelt", "Sonne" },
  ["Talking"] = { "Hablando", "Im Gespräch", "En communication" },
  ["Turned away"] = { "No atendida", "Abgewiesen", "Refusé" },
  ["Missed"] = { "Perdida", "Verpasst", "Manqué" },
  ["Not answered"] = { "No contestada", "Nicht angenommen", "Non répondu" },
}

local COLUMN = { es = 1, de = 2, fr = 3 }

--- Words of a language.
---@param language string one of LANGUAGES
---@return fun(english: string): string
function csv_words.of(language)
  local column = COLUMN[language]
  return function(english)
    return column and WORDS[english] and WORDS[english][column] or (english:gsub("|.*", ""))
  end
end

--- The one of our languages that an Accept-Language header prefers.
---@param header string? "fr-CA, fr;q=0.9, en;q=0.8"
---@return string
function csv_words.accepted(header)
  local best, most = "en", 0
  for tag, parameters in (header or ""):lower():gmatch("(%a+)[^,;]*([^,]*)") do
    local weight = tonumber(parameters:match("q%s*=%s*([%d.]+)") or 1) or 0
    if weight > most and (tag == "en" or COLUMN[tag]) then
      best, most = tag, weight
    end
  end
  return best
end

return csv_words
