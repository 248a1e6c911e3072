"""What the pages of the sign-in say, in English and Spanish: an English sentence is the name of its translation.

The rest of the data office speaks English alone. What a script or a check of tokens says is a sentence of here as well.
"""

from __future__ import annotations

from collections.abc import Callable

from processor.api.languages import SPANISH

Say = Callable[..., str]
AGAIN = "Begin again on this page."
"""What the sentences that end so ask for."""

ERRORS = {
    "insecure": "Browsers prove no sign-in on a page without https. Open this page by https; where the district has "
    "no certificate yet, paste a token below.",
    "keeps_nothing": "This browser keeps nothing for this page. Allow it to keep data (cookies) for this address, "
    "then begin again.",
    "away": "Your district's provider does not answer this page. Try again in a minute. Where it stays so, whoever "
    "runs the provider allows this page's address as an origin (CORS); until then, paste a token below.",
    "another_issuer": "The provider's configuration names another issuer than the district's settings do. Nothing "
    "was sent there. Ask whoever runs Homeroom for you to correct the issuer.",
    "configuration": "The provider's configuration names no address over https to sign in at. Tell whoever runs the "
    "provider; until then, paste a token below.",
    "no_proof": "The provider does not say that it checks proofs of a sign-in (PKCE with S256). Ask whoever runs it "
    "to turn them on; until then, paste a token below.",
    "not_begun": f"This browser has not begun a sign-in, or has ended it already. {AGAIN}",
    "twice": f"The answer says something twice, and was not believed. {AGAIN}",
    "state": f"This is the answer to another sign-in than the one begun here, and was not believed. {AGAIN}",
    "late": f"The sign-in took longer than ten minutes. {AGAIN}",
    "no_issuer": f"The answer does not say which provider it is of, and was not believed. {AGAIN}",
    "answer_issuer": f"The answer is of another provider than this district's, and was not believed. {AGAIN}",
    "empty": f"The provider's answer is empty. {AGAIN}",
    "access_denied": "The provider did not let you in, or you called it off. Begin again, or ask whoever runs it.",
    "temporarily_unavailable": "The provider has no time just now. Begin again in a minute.",
    "server_error": "The provider failed. Begin again in a minute.",
    "invalid_scope": "The provider does not know what the data office asks for. Whoever runs it adds the scopes "
    "{scopes}.",
    "unauthorized_client": "The provider does not know the data office. Whoever runs it registers the office as a "
    "single-page application, with this page's address as its redirect URI.",
    "refused": "The provider refused. Begin again; where it refuses again, ask whoever runs it.",
    "used": f"The provider takes this answer no more: it was used before, or is too old. {AGAIN}",
    "exchange_away": "The provider gives this page no token. Begin again; where it stays so, whoever runs the "
    "provider registers the office as a single-page application and allows this page's address as an origin (CORS). "
    "Until then, paste a token below.",
    "exchange": "The provider gave no token for its own answer. Begin again; where it happens again, whoever runs "
    "the provider registers the office as a single-page application without a secret.",
    "no_token": "The provider's answer holds no access token (Bearer). Ask whoever runs it.",
    "opaque": "The provider's access token is no signed one that can be read (JWT). Whoever runs the provider makes "
    "the tokens for {audience} JWTs; until then, paste one below.",
    "nonce": f"The ID token was made for another sign-in, and was not believed. {AGAIN}",
    "identity": "The ID token is of another provider, for another application, or has expired. See whether this "
    "machine's clock is right, then begin again.",
    "failed": f"The sign-in failed on this page. {AGAIN}",
}
"""What the script says, by its name of a fault. An answer's own words are anybody's, and are not shown."""

NO_RIGHTS = (
    "You are known, and may do nothing here: the token has none of the scopes {scopes}. Ask whoever runs your provider "
    "for one."
)
TOO_LONG = (
    "The token is longer than 3,800 characters, which no browser keeps. Ask whoever runs your provider to put fewer "
    "claims into it."
)
EXPECTED = (
    "Tokens of {issuer} for the audience {audience} are good here. Where yours is none, ask whoever runs your provider."
)
"""Stands below each reason why a token was refused."""

IN_SPANISH = {
    # The page.
    "Skip to the content": "Saltar al contenido",
    "Data office": "Oficina de datos",
    "Pages": "Páginas",
    "Sign in": "Iniciar sesión",
    "Sign in with your district's account": "Iniciar sesión con la cuenta de su distrito",
    "You sign in at {host}, your district's provider, and come back here.": "Usted inicia sesión en {host}, el "
    "proveedor de su distrito, y vuelve aquí.",
    "Signing out here does not sign you out at the provider: on a shared machine, do that as well.": "Al cerrar la "
    "sesión aquí no se cierra la del proveedor: en un equipo compartido, ciérrela también allí.",
    "This needs JavaScript. Without it, paste a token below.": "Esto requiere JavaScript. Sin él, pegue un token "
    "abajo.",
    "You are being signed in.": "Se está iniciando su sesión.",
    "Paste a token instead": "Pegar un token en su lugar",
    "Token of {issuer}": "Token de {issuer}",
    "the issuer (none is configured yet)": "el emisor (aún no hay ninguno configurado)",
    "Your district's provider gives it. It is kept until it expires or you sign out.": "Lo da el proveedor de su "
    "distrito. Se guarda hasta que caduque o usted cierre la sesión.",
    # The script.
    ERRORS["insecure"]: "Los navegadores no prueban ningún inicio de sesión en una página sin https. Abra esta "
    "página por https; si el distrito aún no tiene certificado, pegue un token abajo.",
    ERRORS["keeps_nothing"]: "Este navegador no guarda nada de esta página. Permita que guarde datos (cookies) de "
    "esta dirección y comience de nuevo.",
    ERRORS["away"]: "El proveedor de su distrito no responde a esta página. Inténtelo de nuevo en un minuto. Si "
    "sigue así, quien administra el proveedor admite la dirección de esta página como origen (CORS); mientras "
    "tanto, pegue un token abajo.",
    ERRORS["another_issuer"]: "La configuración del proveedor nombra otro emisor que la del distrito. No se envió "
    "nada allí. Pida a quien administra Homeroom que corrija el emisor.",
    ERRORS["configuration"]: "La configuración del proveedor no nombra ninguna dirección con https en la que "
    "iniciar sesión. Avise a quien administra el proveedor; mientras tanto, pegue un token abajo.",
    ERRORS["no_proof"]: "El proveedor no dice que compruebe las pruebas de un inicio de sesión (PKCE con S256). "
    "Pida a quien lo administra que las active; mientras tanto, pegue un token abajo.",
    ERRORS["not_begun"]: "Este navegador no ha comenzado ningún inicio de sesión, o ya lo ha terminado. Comience de "
    "nuevo en esta página.",
    ERRORS["twice"]: "La respuesta dice algo dos veces y no se le dio crédito. Comience de nuevo en esta página.",
    ERRORS["state"]: "Esta es la respuesta a otro inicio de sesión que el comenzado aquí y no se le dio crédito. "
    "Comience de nuevo en esta página.",
    ERRORS["late"]: "El inicio de sesión tardó más de diez minutos. Comience de nuevo en esta página.",
    ERRORS["no_issuer"]: "La respuesta no dice de qué proveedor es y no se le dio crédito. Comience de nuevo en "
    "esta página.",
    ERRORS["answer_issuer"]: "La respuesta es de otro proveedor que el de este distrito y no se le dio crédito. "
    "Comience de nuevo en esta página.",
    ERRORS["empty"]: "La respuesta del proveedor está vacía. Comience de nuevo en esta página.",
    ERRORS["access_denied"]: "El proveedor no le dejó entrar, o usted canceló. Comience de nuevo o consulte a quien "
    "lo administra.",
    ERRORS["temporarily_unavailable"]: "El proveedor no puede atender ahora. Comience de nuevo en un minuto.",
    ERRORS["server_error"]: "El proveedor falló. Comience de nuevo en un minuto.",
    ERRORS["invalid_scope"]: "El proveedor no conoce lo que pide la oficina de datos. Quien lo administra añade los "
    "ámbitos {scopes}.",
    ERRORS["unauthorized_client"]: "El proveedor no conoce la oficina de datos. Quien lo administra la registra "
    "como aplicación de una sola página, con la dirección de esta página como URI de redirección.",
    ERRORS["refused"]: "El proveedor lo rechazó. Comience de nuevo; si lo rechaza otra vez, consulte a quien lo "
    "administra.",
    ERRORS["used"]: "El proveedor ya no acepta esta respuesta: se usó antes o es demasiado antigua. Comience de "
    "nuevo en esta página.",
    ERRORS["exchange_away"]: "El proveedor no da ningún token a esta página. Comience de nuevo; si sigue así, quien "
    "administra el proveedor registra la oficina como aplicación de una sola página y admite la dirección de esta "
    "página como origen (CORS). Mientras tanto, pegue un token abajo.",
    ERRORS["exchange"]: "El proveedor no dio ningún token por su propia respuesta. Comience de nuevo; si vuelve a "
    "ocurrir, quien administra el proveedor registra la oficina como aplicación de una sola página sin secreto.",
    ERRORS["no_token"]: "La respuesta del proveedor no contiene ningún token de acceso (Bearer). Consulte a quien "
    "lo administra.",
    ERRORS["opaque"]: "El token de acceso del proveedor no es uno firmado que se pueda leer (JWT). Quien administra "
    "el proveedor hace que los tokens para {audience} sean JWT; mientras tanto, pegue uno abajo.",
    ERRORS["nonce"]: "El token de identidad se hizo para otro inicio de sesión y no se le dio crédito. Comience de "
    "nuevo en esta página.",
    ERRORS["identity"]: "El token de identidad es de otro proveedor, para otra aplicación o ha caducado. Compruebe "
    "que el reloj de este equipo esté bien y comience de nuevo.",
    ERRORS["failed"]: "El inicio de sesión falló en esta página. Comience de nuevo en esta página.",
    # The check of the token.
    EXPECTED: "Aquí valen los tokens de {issuer} para la audiencia {audience}. Si el suyo no lo es, consulte a "
    "quien administra su proveedor.",
    NO_RIGHTS: "Se le conoce, y aquí no puede hacer nada: el token no tiene ninguno de los ámbitos {scopes}. Pida "
    "uno a quien administra su proveedor.",
    TOO_LONG: "El token tiene más de 3.800 caracteres, que ningún navegador guarda. Pida a quien administra su "
    "proveedor que ponga en él menos datos (claims).",
    "This is not a signed token.": "Esto no es un token firmado.",
    "The token must be signed with a public key that it names.": "El token debe estar firmado con una clave pública "
    "que él mismo nombre.",
    "The token is of another kind than an access token.": "El token es de otra clase que un token de acceso.",
    "The token is signed with a key that the issuer does not publish.": "El token está firmado con una clave que el "
    "emisor no publica.",
    "The token has expired. Sign in again.": "El token ha caducado. Inicie sesión de nuevo.",
    "The token is for another district or of another issuer.": "El token es para otro distrito o de otro emisor.",
    "The token's signature or claims do not hold.": "La firma o los datos del token no son válidos.",
    "The token is good for longer than a day. Ask the issuer for a shorter one.": "El token vale más de un día. "
    "Pida al emisor uno más corto.",
    "The token's scopes are no text and no list of texts.": "Los ámbitos del token no son un texto ni una lista de "
    "textos.",
    "The token names nobody.": "El token no nombra a nadie.",
    "The token was taken back. Sign in again.": "El token fue retirado. Inicie sesión de nuevo.",
    "No issuer of tokens is configured. Set OIDC_ISSUER for this district.": "No hay ningún emisor de tokens "
    "configurado. Establezca OIDC_ISSUER para este distrito.",
    "The issuer's keys are not known yet. Try again in a minute.": "Aún no se conocen las claves del emisor. "
    "Inténtelo de nuevo en un minuto.",
    "The issuer's configuration names another issuer.": "La configuración del emisor nombra a otro emisor.",
    "The issuer publishes no key for signatures.": "El emisor no publica ninguna clave para firmas.",
    "The issuer's address must begin with https.": "La dirección del emisor debe comenzar por https.",
    "The issuer does not answer. Try again in a minute.": "El emisor no responde. Inténtelo de nuevo en un minuto.",
}  # fmt: skip


def saying(language: str) -> Say:
    """Return what says a sentence in a language, with its values; one that has no translation is said in English."""

    def say(sentence: str, /, **values: str) -> str:
        template = IN_SPANISH.get(sentence, sentence) if language == SPANISH else sentence
        return template.format(**values) if values else template

    return say
