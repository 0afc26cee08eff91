/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Telephone numbers and SIP addresses brought to comparable keys. */
/* Pure functions: no state, any thread. */
#include "daemon/policy/number.h"

#include <string.h>

#include "daemon/base/sip-uri.h"

#define E164_MIN             7  /* digits with the country code */
#define E164_MAX             15 /* ITU-T E.164 §6 */
#define NATIONAL_MIN         6  /* after a national prefix */
#define NATIONAL_MIN_NO_MARK 7  /* where nothing marks a number as national */
#define EXTENSION_MAX        10
#define BARE_MAX             64

/* A number as written, taken apart. */
typedef struct {
	char digits[BARE_MAX + 1];         /* with a leading + where written */
	char extension[EXTENSION_MAX + 1]; /* "" where there is none */
	gsize trunk_zero; /* how many digits stand before "(0)"; 0: not written so */
} Written;

static const char digits_of_decimal[] = "0123456789";

static gboolean is_separator(gunichar c)
{
	switch (c) {
	case '-':
	case '.':
	case '/':
	case '(':
	case ')':
	case 0x2212: /* minus sign */
		return TRUE;
	}
	return g_unichar_type(c) == G_UNICODE_SPACE_SEPARATOR || (c >= 0x2010 && c <= 0x2013);
}

/* What follows the number: an extension in one of the ways people write it. */
static gboolean read_extension(const char *text, Written *ret)
{
	static const char *const marks[] = { ";ext=", "ext.", "ext", "x" };
	const char *start = NULL;
	gsize length;

	for (guint i = 0; i < G_N_ELEMENTS(marks) && !start; i++) {
		if (g_ascii_strncasecmp(text, marks[i], strlen(marks[i])) == 0)
			start = text + strlen(marks[i]);
	}
	if (!start)
		return FALSE;
	start += strspn(start, " ");
	length = strspn(start, digits_of_decimal);
	if (length == 0 || length > EXTENSION_MAX || start[length])
		return FALSE;
	memcpy(ret->extension, start, length);
	return TRUE;
}

/* FALSE where text is no telephone number at all. */
static gboolean read_written(const char *text, Written *ret)
{
	gsize length = 0;
	gsize end = strlen(text);

	memset(ret, 0, sizeof *ret);
	while (end > 0 && g_ascii_isspace(text[end - 1]))
		end--;
	if (!g_utf8_validate(text, end, NULL))
		return FALSE;

	g_autofree char *trimmed = g_strndup(text, end);

	for (const char *at = trimmed; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		if (g_str_has_prefix(at, "(0)") && length > 0 && !ret->trunk_zero) {
			ret->trunk_zero = length;
			at += 2;
		} else if (g_ascii_isdigit(*at) || *at == '*' || *at == '#' ||
			   (*at == '+' && length == 0)) {
			if (length == BARE_MAX)
				return FALSE;
			ret->digits[length++] = *at;
		} else if (!is_separator(c)) {
			if (!read_extension(at, ret))
				return FALSE;
			break;
		}
	}
	/* Some digit or key, and not only a plus sign. */
	return ret->digits[0] && strcmp(ret->digits, "+") != 0;
}

static gboolean is_set(const char *text)
{
	return text && *text;
}

/* "+33" without its plus, or NULL. */
static const char *country_of(const CusaxDialPlan *plan)
{
	return plan && plan->country && plan->country[0] == '+' && plan->country[1]
		       ? plan->country + 1
		       : NULL;
}

static gboolean is_e164(const char *digits)
{
	gsize length = strlen(digits);

	return length >= E164_MIN && length <= E164_MAX && digits[0] != '0' &&
	       strspn(digits, digits_of_decimal) == length;
}

/* Written with +: what follows it, where that can be read in one way only. */
static CusaxNumberReason read_global(const Written *written, const CusaxDialPlan *plan,
				     char **ret_e164)
{
	const char *digits = written->digits + 1;
	const char *country = country_of(plan);
	gboolean home = country && g_str_has_prefix(digits, country);
	gboolean zero = home && g_strcmp0(plan->national_prefix, "0") == 0;

	/* "(0)" after the country code is left out in countries with that prefix, and dialled in
	 * others. Only for the plan's own country do we know. */
	if (written->trunk_zero && (!zero || written->trunk_zero != strlen(country) + 1))
		return CUSAX_NUMBER_AMBIGUOUS;
	/* "+330123…" is nobody's number: prefix and country code exclude each other. */
	if (zero && digits[strlen(country)] == '0')
		return CUSAX_NUMBER_AMBIGUOUS;
	if (!is_e164(digits))
		return CUSAX_NUMBER_BAD_LENGTH;
	*ret_e164 = g_strconcat("+", digits, NULL);
	return CUSAX_NUMBER_GLOBAL;
}

/* The North American plan is closed: ten digits, with or without its prefix 1. */
static CusaxNumberReason read_north_american(const char *digits, char **ret_e164)
{
	gsize length = strlen(digits);

	if (length == 11 && digits[0] == '1') {
		digits++;
		length--;
	}
	if (length != 10 || digits[0] < '2')
		return CUSAX_NUMBER_LOCAL_ONLY;
	*ret_e164 = g_strconcat("+1", digits, NULL);
	return CUSAX_NUMBER_NATIONAL;
}

static CusaxNumberReason read_national(const char *digits, const CusaxDialPlan *plan,
				       char **ret_e164)
{
	const char *country = country_of(plan);
	g_autofree char *full = NULL;

	if (!country)
		return CUSAX_NUMBER_LOCAL_ONLY;
	if (strcmp(country, "1") == 0)
		return read_north_american(digits, ret_e164);
	if (is_set(plan->national_prefix)) {
		if (!g_str_has_prefix(digits, plan->national_prefix))
			return CUSAX_NUMBER_LOCAL_ONLY;
		digits += strlen(plan->national_prefix);
		if (digits[0] == '0' || strlen(digits) < NATIONAL_MIN)
			return CUSAX_NUMBER_LOCAL_ONLY;
	} else {
		if (strlen(digits) < NATIONAL_MIN_NO_MARK)
			return CUSAX_NUMBER_LOCAL_ONLY;
		/* A national number, or an international one without its plus? */
		if (g_str_has_prefix(digits, country) &&
		    strlen(digits + strlen(country)) >= NATIONAL_MIN_NO_MARK)
			return CUSAX_NUMBER_AMBIGUOUS;
	}
	full = g_strconcat(country, digits, NULL);
	if (!is_e164(full))
		return CUSAX_NUMBER_BAD_LENGTH;
	*ret_e164 = g_strconcat("+", full, NULL);
	return CUSAX_NUMBER_NATIONAL;
}

/* The strict international form of what was written, or why there is none. */
static CusaxNumberReason to_e164(const Written *written, const CusaxDialPlan *plan, char **ret_e164)
{
	const char *prefix = plan ? plan->international_prefix : NULL;

	if (strpbrk(written->digits, "*#"))
		return written->digits[0] == '+' ? CUSAX_NUMBER_NOT_ADDRESS
						 : CUSAX_NUMBER_LOCAL_ONLY;
	if (written->digits[0] == '+')
		return read_global(written, plan, ret_e164);
	if (written->trunk_zero)
		return CUSAX_NUMBER_AMBIGUOUS;
	if (is_set(prefix) && g_str_has_prefix(written->digits, prefix) &&
	    is_e164(written->digits + strlen(prefix))) {
		*ret_e164 = g_strconcat("+", written->digits + strlen(prefix), NULL);
		return CUSAX_NUMBER_INTERNATIONAL_PREFIX;
	}
	return read_national(written->digits, plan, ret_e164);
}

static char *telephone_key(const char *e164, const char *extension)
{
	return g_strconcat("tel:", e164, is_set(extension) ? ";ext=" : NULL, extension, NULL);
}

/* The address of a local number at the own domain. */
static char *domain_key(const char *digits, const CusaxDialPlan *plan)
{
	CusaxSipUri uri = { .scheme = CUSAX_SCHEME_SIP, .user = (char *)digits };
	g_autofree char *host = g_ascii_strdown(plan->domain, -1);

	uri.host = host;
	return cusax_sip_uri_key(&uri);
}

static void set_e164(CusaxNumber *number, char *e164, const char *extension)
{
	number->e164 = e164;
	number->key = telephone_key(e164, extension);
}

/* A number outside a SIP URI: bare, or of a tel: URI without context. */
static void read_bare(CusaxNumber *number, const Written *written, const CusaxDialPlan *plan)
{
	char *e164 = NULL;

	number->reason = to_e164(written, plan, &e164);
	if (number->reason == CUSAX_NUMBER_NOT_ADDRESS)
		return;
	number->telephone = TRUE;
	number->digits = g_strdup(written->digits);
	if (e164) {
		set_e164(number, e164, written->extension);
	} else if (number->reason == CUSAX_NUMBER_LOCAL_ONLY && plan && is_set(plan->domain) &&
		   !written->extension[0]) {
		number->key = domain_key(written->digits, plan);
		number->reason = CUSAX_NUMBER_OF_DOMAIN;
	}
}

static void read_tel(CusaxNumber *number, const CusaxSipUri *uri, const CusaxDialPlan *plan)
{
	Written written;

	if (uri->phone_context && uri->user[0] != '+') {
		/* RFC 3966 §5.1.5: a context is no prefix, the two together are the number. */
		number->reason = CUSAX_NUMBER_IN_CONTEXT;
		number->key = cusax_sip_uri_to_string(uri);
		number->digits = g_strdup(uri->user);
		number->telephone = TRUE;
		return;
	}
	if (!read_written(uri->user, &written))
		return;
	if (uri->extension && g_strlcpy(written.extension, uri->extension,
					sizeof written.extension) >= sizeof written.extension)
		return;
	read_bare(number, &written, plan);
}

static void read_sip(CusaxNumber *number, const CusaxSipUri *uri, const CusaxDialPlan *plan)
{
	gboolean own = plan && plan->domain && g_ascii_strcasecmp(uri->host, plan->domain) == 0;
	CusaxNumberReason reason = CUSAX_NUMBER_NOT_ADDRESS;
	g_autofree char *e164 = NULL;
	const char *extension;
	Written written;

	if (!uri->user)
		return;
	number->uri = cusax_sip_uri_to_string(uri);
	number->address = cusax_sip_uri_key(uri);
	number->reason = CUSAX_NUMBER_SIP_ADDRESS;
	if ((own || uri->user_phone) && read_written(uri->user, &written)) {
		number->telephone = TRUE;
		number->foreign = !own;
		number->digits = g_strdup(written.digits);
		if (!uri->phone_context && (own || written.digits[0] == '+'))
			reason = to_e164(&written, plan, &e164);
	}
	if (e164) {
		extension = uri->extension ? uri->extension : written.extension;
		number->reason = reason;
		set_e164(number, g_steal_pointer(&e164), extension);
		return;
	}
	if (own && number->telephone)
		number->reason = CUSAX_NUMBER_OF_DOMAIN;
	number->key = g_strdup(number->address);
}

void cusax_number_clear(CusaxNumber *number)
{
	g_clear_pointer(&number->key, g_free);
	g_clear_pointer(&number->e164, g_free);
	g_clear_pointer(&number->digits, g_free);
	g_clear_pointer(&number->address, g_free);
	g_clear_pointer(&number->uri, g_free);
}

/* tel: URIs of cards are often written with spaces. */
static CusaxSipUri *parse_uri(const char *address)
{
	CusaxSipUri *uri = cusax_sip_uri_parse(address, NULL);
	g_auto(GStrv) words = NULL;
	g_autofree char *joined = NULL;

	if (uri || g_ascii_strncasecmp(address, "tel:", 4) != 0)
		return uri;
	words = g_strsplit(address, " ", -1);
	joined = g_strjoinv("", words);
	return cusax_sip_uri_parse(joined, NULL);
}

CusaxNumber cusax_number_read(const char *address, const CusaxDialPlan *plan)
{
	CusaxNumber number = { .reason = CUSAX_NUMBER_NOT_ADDRESS };
	g_autoptr(CusaxSipUri) uri = NULL;
	Written written;

	if (!address)
		return number;
	address += strspn(address, " \t\r\n");
	if (strlen(address) > CUSAX_SIP_URI_MAX)
		return number;
	uri = parse_uri(address);
	if (uri && uri->scheme == CUSAX_SCHEME_TEL)
		read_tel(&number, uri, plan);
	else if (uri)
		read_sip(&number, uri, plan);
	else if (read_written(address, &written))
		read_bare(&number, &written, plan);
	return number;
}

const char *cusax_number_reason_text(CusaxNumberReason reason)
{
	switch (reason) {
	case CUSAX_NUMBER_GLOBAL:
		return "A number in international form.";
	case CUSAX_NUMBER_INTERNATIONAL_PREFIX:
		return "A number with the prefix for international calls.";
	case CUSAX_NUMBER_NATIONAL:
		return "A national number of the configured country.";
	case CUSAX_NUMBER_IN_CONTEXT:
		return "A local number with the context in which it is valid.";
	case CUSAX_NUMBER_OF_DOMAIN:
		return "A local number of the account's own domain.";
	case CUSAX_NUMBER_SIP_ADDRESS:
		return "A SIP address.";
	case CUSAX_NUMBER_LOCAL_ONLY:
		return "A local number, which means different people in different places.";
	case CUSAX_NUMBER_AMBIGUOUS:
		return "A number that can be read in two ways.";
	case CUSAX_NUMBER_BAD_LENGTH:
		return "Too short or too long for a telephone number.";
	case CUSAX_NUMBER_NOT_ADDRESS:
		return "Not a telephone number or SIP address.";
	}
	g_return_val_if_reached("");
}

char *cusax_number_key(const char *address, const CusaxDialPlan *plan)
{
	g_auto(CusaxNumber) number = cusax_number_read(address, plan);

	return g_steal_pointer(&number.key);
}

char *cusax_number_dial(const char *address, const CusaxDialPlan *plan)
{
	g_auto(CusaxNumber) number = cusax_number_read(address, plan);
	CusaxSipUri uri = { .scheme = CUSAX_SCHEME_SIP };
	g_autofree char *host = NULL;

	if (number.uri)
		return g_steal_pointer(&number.uri);
	if (!number.digits || !plan || !is_set(plan->domain))
		return NULL;
	host = g_ascii_strdown(plan->domain, -1);
	uri.host = host;
	/* The key without its scheme is the telephone-subscriber of RFC 3966, as RFC 3261 §19.1.6
	 * puts it into a SIP URI. */
	if (number.e164 || number.reason == CUSAX_NUMBER_IN_CONTEXT)
		return g_strdup_printf("sip:%s@%s;user=phone", number.key + strlen("tel:"), host);
	uri.user = number.digits;
	return cusax_sip_uri_to_string(&uri);
}
