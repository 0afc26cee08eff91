/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The namespaces of XMPP that are used, each with where it is defined. */
/* Constants. */
#pragma once

#define CUSAX_NS_CLIENT        "jabber:client"                          /* RFC 6120 */
#define CUSAX_NS_STREAMS       "http://etherx.jabber.org/streams"       /* RFC 6120 */
#define CUSAX_NS_STREAM_ERRORS "urn:ietf:params:xml:ns:xmpp-streams"    /* RFC 6120 §4.9 */
#define CUSAX_NS_ERRORS        "urn:ietf:params:xml:ns:xmpp-stanzas"    /* RFC 6120 §8.3 */
#define CUSAX_NS_TLS           "urn:ietf:params:xml:ns:xmpp-tls"        /* RFC 6120 §5 */
#define CUSAX_NS_SASL          "urn:ietf:params:xml:ns:xmpp-sasl"       /* RFC 6120 §6 */
#define CUSAX_NS_SASL_CB       "urn:xmpp:sasl-cb:0"                     /* XEP-0440 */
#define CUSAX_NS_BIND          "urn:ietf:params:xml:ns:xmpp-bind"       /* RFC 6120 §7 */
#define CUSAX_NS_SM            "urn:xmpp:sm:3"                          /* XEP-0198 */
#define CUSAX_NS_ROSTER        "jabber:iq:roster"                       /* RFC 6121 §2 */
#define CUSAX_NS_ROSTERVER     "urn:xmpp:features:rosterver"            /* RFC 6121 §2.6 */
#define CUSAX_NS_PREAPPROVAL   "urn:xmpp:features:pre-approval"         /* RFC 6121 §3.4 */
#define CUSAX_NS_VCARD         "vcard-temp"                             /* XEP-0054 */
#define CUSAX_NS_VCARD_UPDATE  "vcard-temp:x:update"                    /* XEP-0153 */
#define CUSAX_NS_NICK          "http://jabber.org/protocol/nick"        /* XEP-0172 */
#define CUSAX_NS_CAPS          "http://jabber.org/protocol/caps"        /* XEP-0115 */
#define CUSAX_NS_DISCO_INFO    "http://jabber.org/protocol/disco#info"  /* XEP-0030 */
#define CUSAX_NS_DISCO_ITEMS   "http://jabber.org/protocol/disco#items" /* XEP-0030 */
#define CUSAX_NS_PING          "urn:xmpp:ping"                          /* XEP-0199 */
#define CUSAX_NS_VERSION       "jabber:iq:version"                      /* XEP-0092 */
#define CUSAX_NS_TIME          "urn:xmpp:time"                          /* XEP-0202 */
#define CUSAX_NS_CARBONS       "urn:xmpp:carbons:2"                     /* XEP-0280 */
#define CUSAX_NS_CSI           "urn:xmpp:csi:0"                         /* XEP-0352 */
#define CUSAX_NS_EXTDISCO      "urn:xmpp:extdisco:2"                    /* XEP-0215 */
#define CUSAX_NS_RSM           "http://jabber.org/protocol/rsm"         /* XEP-0059 */
#define CUSAX_NS_MAM           "urn:xmpp:mam:2"                         /* XEP-0313 */
#define CUSAX_NS_FORWARD       "urn:xmpp:forward:0"                     /* XEP-0297 */
#define CUSAX_NS_IDLE          "urn:xmpp:idle:1"                        /* XEP-0319 */
#define CUSAX_NS_LAST          "jabber:iq:last"                         /* XEP-0012, XEP-0256 */
#define CUSAX_NS_REPORTING     "urn:xmpp:reporting:1"                   /* XEP-0377 */
#define CUSAX_NS_DELAY         "urn:xmpp:delay"                         /* XEP-0203 */
#define CUSAX_NS_RECEIPTS      "urn:xmpp:receipts"                      /* XEP-0184 */
#define CUSAX_NS_MARKERS       "urn:xmpp:chat-markers:0"                /* XEP-0333 */
#define CUSAX_NS_CHAT_STATES   "http://jabber.org/protocol/chatstates"  /* XEP-0085 */
#define CUSAX_NS_SID           "urn:xmpp:sid:0"                         /* XEP-0359 */
#define CUSAX_NS_CORRECT       "urn:xmpp:message-correct:0"             /* XEP-0308 */
#define CUSAX_NS_REPLY         "urn:xmpp:reply:0"                       /* XEP-0461 */
#define CUSAX_NS_FALLBACK      "urn:xmpp:fallback:0"                    /* XEP-0428 */
#define CUSAX_NS_REACTIONS     "urn:xmpp:reactions:0"                   /* XEP-0444 */
#define CUSAX_NS_RETRACT       "urn:xmpp:message-retract:1"             /* XEP-0424 */
#define CUSAX_NS_RETRACT_0     "urn:xmpp:message-retract:0"             /* XEP-0424 before 0.4 */
#define CUSAX_NS_FASTEN        "urn:xmpp:fasten:0"                      /* XEP-0422 */
#define CUSAX_NS_MDS           "urn:xmpp:mds:displayed:0"               /* XEP-0490; the node too */
#define CUSAX_NS_EME           "urn:xmpp:eme:0"                         /* XEP-0380 */
#define CUSAX_NS_OMEMO         "eu.siacs.conversations.axolotl"         /* XEP-0384 before 0.4 */
#define CUSAX_NS_OMEMO_2       "urn:xmpp:omemo:2"                       /* XEP-0384 */
#define CUSAX_NS_OPENPGP       "urn:xmpp:openpgp:0"                     /* XEP-0373 */
#define CUSAX_NS_PGP           "jabber:x:encrypted"                     /* XEP-0027 */
#define CUSAX_NS_MUC_USER      "http://jabber.org/protocol/muc#user"    /* XEP-0045 */
#define CUSAX_NS_HINTS         "urn:xmpp:hints"                         /* XEP-0334 */
#define CUSAX_NS_PUBSUB        "http://jabber.org/protocol/pubsub"      /* XEP-0060 */
#define CUSAX_NS_OOB           "jabber:x:oob"                           /* XEP-0066 */
#define CUSAX_NS_FILE_SHARING  "urn:xmpp:sfs:0"                         /* XEP-0447 */
#define CUSAX_NS_FILE_METADATA "urn:xmpp:file:metadata:0"               /* XEP-0446 */
#define CUSAX_NS_URL_DATA      "http://jabber.org/protocol/url-data"    /* XEP-0103 */
#define CUSAX_NS_UPLOAD        "urn:xmpp:http:upload:0"                 /* XEP-0363 */
#define CUSAX_NS_MUC           "http://jabber.org/protocol/muc"         /* XEP-0045 */
#define CUSAX_NS_MUC_ADMIN     "http://jabber.org/protocol/muc#admin"   /* XEP-0045 */
#define CUSAX_NS_MUC_OWNER     "http://jabber.org/protocol/muc#owner"   /* XEP-0045 */
#define CUSAX_NS_MUC_DIRECT    "jabber:x:conference"                    /* XEP-0249 */
#define CUSAX_NS_BOOKMARKS     "urn:xmpp:bookmarks:1"                   /* XEP-0402; the node too */
#define CUSAX_NS_BOOKMARKS_OLD "storage:bookmarks"                      /* XEP-0048 */
#define CUSAX_NS_PRIVATE       "jabber:iq:private"                      /* XEP-0049 */
#define CUSAX_NS_PUBSUB_EVENT  "http://jabber.org/protocol/pubsub#event" /* XEP-0060, XEP-0163 */
#define CUSAX_NS_PUBSUB_OWNER  "http://jabber.org/protocol/pubsub#owner" /* XEP-0060 §8 */
#define CUSAX_NS_NODE_CONFIG   "http://jabber.org/protocol/pubsub#node_config" /* XEP-0060 §8.2 */
#define CUSAX_NS_PUBLISH_OPTIONS                                                                   \
	"http://jabber.org/protocol/pubsub#publish-options"           /* XEP-0060 §7.1.5 */
#define CUSAX_NS_OCCUPANT          "urn:xmpp:occupant-id:0"           /* XEP-0421 */
#define CUSAX_NS_DATA              "jabber:x:data"                    /* XEP-0004 */
#define CUSAX_NS_VCARD4            "urn:ietf:params:xml:ns:vcard-4.0" /* RFC 6351 */
#define CUSAX_NODE_VCARD4          "urn:xmpp:vcard4"                  /* XEP-0292 */
#define CUSAX_NODE_AVATAR_DATA     "urn:xmpp:avatar:data"     /* XEP-0084; the namespace too */
#define CUSAX_NODE_AVATAR_METADATA "urn:xmpp:avatar:metadata" /* XEP-0084; the namespace too */
#define CUSAX_NS_PEP_VCARD         "urn:xmpp:pep-vcard-conversion:0" /* XEP-0398 */
#define CUSAX_NS_REACH             "urn:xmpp:reach:0"                /* XEP-0152; the node too */
#define CUSAX_NS_BLOCKING          "urn:xmpp:blocking"               /* XEP-0191 */
#define CUSAX_NOTIFY               "+notify"                         /* XEP-0163 §4 */
