-- phrases.lua: what callers and the phones we ring hear from the program, in each language.
--
-- A language is chosen by `language`, in app.conf or in a rule: "es" serves es-ES, es-MX and
-- others, unless there is an "es-MX" of its own. Names in braces are filled in. To add a
-- language, copy one of these tables and translate it; `hookswitch check` says what is missing.

return {
  en = {
    greeting = "Please leave a message after the tone.",
    not_recorded = "Nothing was recorded. Goodbye.",
    apology = "We are sorry, something went wrong on our side. Please leave a message after the tone.",
    unknown_number = "This number is not in service. Please check it and call again. Goodbye.",
    thanks = "Thank you. Goodbye.",
    goodbye = "We cannot take your call now. Goodbye.",
    closed = "This number is not taking calls at the moment.",
    consent = "We would like to record this call. Press 1 to agree, or any other key to go on without.",
    wrong_choice = "That is not one of the choices.",
    screen = "Call for {company} from {caller}. Press 1.",
    hidden_number = "a hidden number",
    unknown_caller = "an unknown caller",
    colleague = "a colleague",
    not_made = "Your call was not made.",
    busy = "The line is busy. Goodbye.",
    no_answer = "There is no answer. Goodbye.",
    failed = "The call could not be connected. Goodbye.",
    declined = "The call was declined. Goodbye.",
  },
  es = {
    greeting = "Por favor, deje un mensaje después de la señal.",
    not_recorded = "No se ha grabado nada. Adiós.",
    apology = "Lo sentimos, se ha producido un problema por nuestra parte. Por favor, deje un "
      .. "mensaje después de la señal.",
    unknown_number = "Este número no está en servicio. Compruébelo y vuelva a llamar. Adiós.",
    thanks = "Gracias. Adiós.",
    goodbye = "En este momento no podemos atender su llamada. Adiós.",
    closed = "Este número no recibe llamadas en este momento.",
    consent = "Nos gustaría grabar esta llamada. Pulse 1 si está de acuerdo, o cualquier otra "
      .. "tecla para continuar sin grabación.",
    wrong_choice = "Esa no es una de las opciones.",
    screen = "Llamada para {company} de {caller}. Pulse 1.",
    hidden_number = "un número oculto",
    unknown_caller = "una persona desconocida",
    colleague = "un compañero",
    not_made = "No se ha podido realizar su llamada.",
    busy = "La línea está ocupada. Adiós.",
    no_answer = "No contestan. Adiós.",
    failed = "No se ha podido establecer la llamada. Adiós.",
    declined = "No han aceptado la llamada. Adiós.",
  },
  fr = {
    greeting = "Veuillez laisser un message après le signal sonore.",
    not_recorded = "Aucun message n'a été enregistré. Au revoir.",
    apology = "Nous sommes désolés, un problème est survenu de notre côté. Veuillez laisser un "
      .. "message après le signal sonore.",
    unknown_number = "Ce numéro n'est pas en service. Veuillez le vérifier et rappeler. Au revoir.",
    thanks = "Merci. Au revoir.",
    goodbye = "Nous ne pouvons pas prendre votre appel pour le moment. Au revoir.",
    closed = "Ce numéro ne prend pas d'appels pour le moment.",
    consent = "Nous souhaitons enregistrer cet appel. Appuyez sur 1 si vous êtes d'accord, "
      .. "ou sur une autre touche pour continuer sans enregistrement.",
    wrong_choice = "Ce choix n'existe pas.",
    screen = "Appel pour {company} de la part de {caller}. Appuyez sur 1.",
    hidden_number = "un numéro masqué",
    unknown_caller = "un correspondant inconnu",
    colleague = "un collègue",
    not_made = "Votre appel n'a pas abouti.",
    busy = "La ligne est occupée. Au revoir.",
    no_answer = "Personne ne répond. Au revoir.",
    failed = "L'appel n'a pas pu être établi. Au revoir.",
    declined = "L'appel n'a pas été pris. Au revoir.",
  },
  de = {
    greeting = "Bitte hinterlassen Sie eine Nachricht nach dem Signalton.",
    not_recorded = "Es wurde nichts aufgenommen. Auf Wiederhören.",
    apology = "Bei uns ist leider etwas schiefgegangen. Bitte hinterlassen Sie eine Nachricht nach "
      .. "dem Signalton.",
    unknown_number = "Diese Nummer ist nicht vergeben. Bitte prüfen Sie sie und rufen Sie noch einmal an. "
      .. "Auf Wiederhören.",
    thanks = "Vielen Dank. Auf Wiederhören.",
    goodbye = "Wir können Ihren Anruf gerade nicht annehmen. Auf Wiederhören.",
    closed = "Unter dieser Nummer werden zurzeit keine Anrufe angenommen.",
    consent = "Wir möchten dieses Gespräch aufzeichnen. Drücken Sie die 1, wenn Sie einverstanden sind, "
      .. "oder eine andere Taste, um ohne Aufzeichnung fortzufahren.",
    wrong_choice = "Diese Auswahl gibt es nicht.",
    screen = "Anruf für {company} von {caller}. Drücken Sie die 1.",
    hidden_number = "einer unterdrückten Nummer",
    unknown_caller = "einem unbekannten Anrufer",
    colleague = "einem Kollegen",
    not_made = "Ihr Anruf wurde nicht ausgeführt.",
    busy = "Der Anschluss ist besetzt. Auf Wiederhören.",
    no_answer = "Es meldet sich niemand. Auf Wiederhören.",
    failed = "Die Verbindung konnte nicht hergestellt werden. Auf Wiederhören.",
    declined = "Der Anruf wurde nicht angenommen. Auf Wiederhören.",
  },
}
