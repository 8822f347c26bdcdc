"""Takes reports: RT gets them at once or, while it cannot be reached, later."""

from dataclasses import dataclass, replace
from datetime import datetime

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..model.report import Action, Message, Outcome, Report
from ..rt.errors import RTError
from ..tickets.handler import TicketHandler
from .dispatcher import Dispatcher
from .outbox import Outbox, OutboxFull
from .pending import PendingMessage
from .record import StoredFile, StoredReport


@dataclass(frozen=True, kw_only=True, slots=True)
class Reporter:
    """Where the reports of one entry come in."""

    handler: TicketHandler
    outbox: Outbox
    dispatcher: Dispatcher

    async def report(self, report: Report) -> Outcome:
        """Have a report told to RT, or keep it until RT can be reached.

        Reports of one key are taken one after the other, so that no two find nothing
        and both create, and none overtakes one that waits.

        Args:
            report: Its key has to be one that RT can find again.

        Returns:
            The ticket's number and what was done with it. A report that waits is on
            disk by then, and has no ticket.

        Raises:
            Unsearchable: RT cannot find this key; nothing was written.
            RTError: RT did not confirm; see the errors of `rt`.
            HomeAssistantError: RT cannot be reached, and the report cannot be written to disk either.

        """
        report.key.check()
        came = dt_util.utcnow()
        async with self.handler.locks.of(str(report.key)):
            admitted = self.handler.admit(report, came)
            if isinstance(admitted, Outcome):
                return admitted
            settings = self.handler.context.settings
            if not settings.keep_reports or settings.dry_run:
                return await self.handler.handle(admitted, came)
            before = None if report.force_create else self.outbox.get(str(report.key))
            away = self.dispatcher.away_because
            if before or away:
                why = away or self.dispatcher.last_failure
                try:
                    await self._keep(admitted, came, before, why)
                except HomeAssistantError:
                    if before or not await self.dispatcher.async_ask():
                        raise
                    return await self.handler.handle(admitted, came)
                return Outcome(action=Action.QUEUED)
            try:
                return await self.handler.handle(admitted, came)
            except RTError as err:
                if not err.is_transient:
                    raise
                pending = await self._keep(admitted, came, None, err.brief)
                self.dispatcher.async_note(pending, err)
                return Outcome(action=Action.QUEUED)

    async def _keep(
        self, report: Report, came: datetime, before: PendingMessage | None, why: str
    ) -> PendingMessage:
        """Write a report to disk, with what waits of its key already."""
        message = report.message
        # The pictures are those of now, whenever RT gets them.
        attached = await message.attach()
        files: tuple[StoredFile, ...] = ()
        try:
            files = await self.outbox.async_keep_files(message.marker, attached)
            stored_report = StoredReport(
                report=replace(
                    report,
                    message=Message(
                        text=message.text,
                        content_type=message.content_type,
                        marker=message.marker,
                    ),
                ),
                came=came,
                files=files,
                failures=attached.failures,
            )
            limit = self.handler.context.settings.attachment_bytes
            pending = (
                before.add(stored_report, limit)
                if before
                else PendingMessage.of(stored_report)
            )
            await self.outbox.async_put(pending)
        except (OutboxFull, HomeAssistantError, OSError) as err:
            await self.outbox.async_drop_files(files)
            is_full = isinstance(err, OutboxFull)
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="outbox_full" if is_full else "outbox_unwritable",
                translation_placeholders={"message": why, "reason": str(err)},
            ) from err
        return pending
