/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon as a whole, as clients see it at the root path. */
/* Main thread. */
#include "daemon/model/manager.h"

G_DEFINE_FINAL_TYPE(CusaxManager, cusax_manager, CUSAX_TYPE_OBJECT)

#define AT(member) G_STRUCT_OFFSET(CusaxManager, member)

static const CusaxField fields[] = {
	{ "version", CUSAX_FIELD_STRING, AT(version), NULL, NULL },
	{ "availability", CUSAX_FIELD_ENUM, AT(availability), cusax_availability_get_type, NULL },
	{ "status-message", CUSAX_FIELD_STRING, AT(status_message), NULL, NULL },
	{ "unread", CUSAX_FIELD_UINT, AT(unread), NULL, NULL },
	{ "storage-error", CUSAX_FIELD_STRING, AT(storage_error), NULL, NULL },
	{ "missed-calls", CUSAX_FIELD_UINT, AT(missed_calls), NULL, NULL },
};

static void cusax_manager_class_init(CusaxManagerClass *klass)
{
	cusax_object_class_install_fields(CUSAX_OBJECT_CLASS(klass), NULL, fields,
					  G_N_ELEMENTS(fields));
}

static void cusax_manager_init(CusaxManager *self)
{
	self->version = g_strdup(CUSAX_VERSION);
	self->availability = CUSAX_AVAILABILITY_ONLINE;
}

CusaxManager *cusax_manager_new(void)
{
	return cusax_object_new(CUSAX_TYPE_MANAGER, "manager");
}
