"""The tables, by noun: columns, keys and constraints, no rules."""

from __future__ import annotations

from portal.models.audit import AuditEvent
from portal.models.bulk import BulkLine, BulkOrder
from portal.models.certificate import Certificate
from portal.models.charge import Charge, ChargeLine, LicenseOrder, Price, PriceVersion, WithheldItem
from portal.models.client import Client, ClientTally
from portal.models.imports import ImportRow, ImportRun
from portal.models.installed import CloudBackup, Contact, Pairing, SigningKey
from portal.models.invoice import CreditAccount, CreditEntry, Invoice, InvoiceItem, InvoiceLine, Payment
from portal.models.job import JobRun
from portal.models.license import CodeSending, Installation, LicenseItem, PendingChange, RegistrationCode, Seat
from portal.models.navi import NaviBackup, NaviBackupPiece, NaviMigration, PartnerGrant
from portal.models.notice import Notice, NoticeMute, NoticeTally
from portal.models.partner import Partner, StaffVisit
from portal.models.request import RequestEntry, RequestFile, RequestPiece, ServiceRequest
from portal.models.retail import ReminderSending, RenewalDecision, RetailCharge, RetailLine, RetailPrice
from portal.models.user import Attempt, FormDraft, Invitation, PasswordReset, RecoveryCode, User, UserSession
from portal.models.work import Work

__all__ = [
    "Attempt",
    "AuditEvent",
    "BulkLine",
    "BulkOrder",
    "Certificate",
    "Charge",
    "ChargeLine",
    "Client",
    "ClientTally",
    "CloudBackup",
    "CodeSending",
    "Contact",
    "CreditAccount",
    "CreditEntry",
    "FormDraft",
    "ImportRow",
    "ImportRun",
    "Installation",
    "Invitation",
    "Invoice",
    "InvoiceItem",
    "InvoiceLine",
    "JobRun",
    "LicenseItem",
    "LicenseOrder",
    "NaviBackup",
    "NaviBackupPiece",
    "NaviMigration",
    "Notice",
    "NoticeMute",
    "NoticeTally",
    "Pairing",
    "Partner",
    "PartnerGrant",
    "PasswordReset",
    "Payment",
    "PendingChange",
    "Price",
    "PriceVersion",
    "RecoveryCode",
    "RegistrationCode",
    "ReminderSending",
    "RenewalDecision",
    "RequestEntry",
    "RequestFile",
    "RequestPiece",
    "RetailCharge",
    "RetailLine",
    "RetailPrice",
    "Seat",
    "ServiceRequest",
    "SigningKey",
    "StaffVisit",
    "User",
    "UserSession",
    "WithheldItem",
    "Work",
]
