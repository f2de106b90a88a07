"""Requests sent, written about and moved on: once for each form, by whom the table says, told to the partner, recorded."""

from __future__ import annotations

import pytest

from jobs import clean_up
from portal import clock
from portal.domain import retention
from portal.domain.errors import ActionRefused, NotFound, RepeatMismatch
from portal.domain.notices import ABOUT_REQUESTS, NoticeKind
from portal.domain.requests import PIECE_BYTES, Move, Obstacle, RequestKind, RequestRefused, RequestState, Side
from portal.domain.roles import Role
from portal.domain.statuses import Status
from portal.extensions import db
from portal.models import AuditEvent, Notice, Partner, RequestEntry, RequestFile, RequestPiece, ServiceRequest
from portal.requests import files, money, sending, service
from tests.conftest import NOW
from tests.registrations.conftest import viewer_of
from tests.requests.conftest import TO, new_key, now

TEF, IMPORT = RequestKind.TEF, RequestKind.IMPORT


def told(kind: NoticeKind | None = None) -> list[Notice]:
    kinds = [kind] if kind else list(ABOUT_REQUESTS)
    return list(db.session.scalars(db.select(Notice).where(Notice.kind.in_(kinds), ~Notice.is_settled)))


def actions() -> list[str]:
    return list(db.session.scalars(db.select(AuditEvent.action).order_by(AuditEvent.id)))


class TestSending:
    def test_a_request_begins_as_enviada_with_its_line_of_time_and_its_protocol(self, road, shop) -> None:
        done = road.send(shop)
        request = now(done.request_id)
        assert (request.state, request.terminals, request.acquirer) == (RequestState.SENT, 2, "Stone")
        entry = db.session.scalars(db.select(RequestEntry)).one()
        assert (entry.state, entry.side, entry.event_id) == (RequestState.SENT, Side.PARTNER, done.protocol)
        assert "request_sent" in actions()

    def test_the_same_form_twice_is_one_request(self, road, shop) -> None:
        first = road.send(shop, key="one-and-the-same-key")
        again = road.send(shop, key="one-and-the-same-key")
        assert (again.request_id, again.protocol, again.is_repeat) == (first.request_id, first.protocol, True)
        assert db.session.query(ServiceRequest).count() == 1
        with pytest.raises(RepeatMismatch):
            road.send(shop, key="one-and-the-same-key", terminals=3)

    @pytest.mark.parametrize("status", Status)
    def test_only_clients_that_may_be_edited(self, road, prices, client_in, status) -> None:
        client = client_in(status)
        if status in {Status.ACTIVE, Status.SUSPENDED}:
            assert road.send(client)
        else:
            with pytest.raises(ActionRefused):
                road.send(client)

    def test_tef_is_for_link_alone(self, road, make, partner) -> None:
        navi = make.client(partner, product="navi")
        with pytest.raises(NotFound):
            road.send(navi)
        assert road.send(navi, IMPORT)


class TestFile:
    CONTENT = bytes(range(256)) * (PIECE_BYTES // 256) + b"the end"

    def test_it_is_kept_sealed_in_pieces_and_comes_out_as_it_went_in(self, road, shop) -> None:
        request = now(road.send(shop, IMPORT, self.CONTENT).request_id)
        pieces = db.session.scalars(db.select(RequestPiece.sealed)).all()
        assert len(pieces) == 2
        assert not any(b"the end" in piece for piece in pieces)
        assert b"".join(files.unsealed(request)) == self.CONTENT
        kept = db.session.get_one(RequestFile, request.id)
        assert (kept.name, kept.size_bytes) == ("dados.zip", len(self.CONTENT))

    def test_staff_open_it_only_while_they_look_after_the_request_and_it_is_recorded(self, road, shop, staff) -> None:
        request = now(road.send(shop, IMPORT, b"data").request_id)
        with pytest.raises(RequestRefused) as refused:
            files.opened(request, now=NOW, actor=staff)
        assert refused.value.why is Obstacle.NOT_HANDLING
        request = road.go(request.id, Move.TAKE)
        files.opened(request, now=NOW, actor=staff)
        entry = db.session.scalars(db.select(RequestEntry).where(RequestEntry.has_read_file)).one()
        event = db.session.get_one(AuditEvent, entry.event_id)
        assert (event.action, event.actor_id, event.client_id) == ("request_file_read", staff.user_id, shop.id)
        assert told(NoticeKind.REQUEST_ANSWERED) == []

    def test_another_operador_takes_over_first(self, road, shop, make) -> None:
        request = road.go(road.send(shop, IMPORT, b"data").request_id, Move.TAKE)
        colleague = viewer_of(make.user(None, Role.OPERATOR))
        with pytest.raises(RequestRefused):
            files.opened(request, now=NOW, actor=colleague)
        road.actors[Side.VENDOR] = colleague
        request = road.go(request.id, Move.TAKE_OVER)
        assert (request.state, request.handler_id) == (RequestState.ANALYSIS, colleague.user_id)
        assert files.opened(request, now=NOW, actor=colleague).name == "dados.zip"

    def test_a_request_without_one_has_nothing_to_open(self, road, shop, staff) -> None:
        request = road.go(road.send(shop, IMPORT).request_id, Move.TAKE)
        with pytest.raises(RequestRefused) as refused:
            files.opened(request, now=NOW, actor=staff)
        assert refused.value.why is Obstacle.NO_FILE

    def test_it_goes_some_months_after_the_end_and_the_request_stays(self, road, shop) -> None:
        ended = road.send(shop, IMPORT, b"data").request_id
        road.send(shop, IMPORT, b"data")
        road.go(ended, Move.CANCEL)
        late = NOW + retention.REQUEST_FILES
        assert clean_up.preview(late)["request_files"] == 0
        late += retention.ATTEMPTS
        assert clean_up.preview(late)["request_files"] == 1
        assert clean_up.run(late)["request_files"] == 1
        assert db.session.query(RequestFile).count() == db.session.query(RequestPiece).count() == 1
        assert now(ended).state is RequestState.CANCELLED


class TestMessages:
    def test_each_side_writes_once_for_each_form(self, road, shop, actor, staff) -> None:
        request = now(road.send(shop).request_id)
        key = new_key()
        first = sending.write(request, "Qual terminal?", key=key, side=Side.VENDOR, now=NOW, actor=staff)
        again = sending.write(request, "Qual terminal?", key=key, side=Side.VENDOR, now=NOW, actor=staff)
        assert (first.protocol, again.is_repeat) == (again.protocol, True)
        with pytest.raises(RepeatMismatch):
            sending.write(request, "Outra coisa", key=key, side=Side.VENDOR, now=NOW, actor=staff)
        db.session.rollback()
        assert [notice.kind for notice in told()] == [NoticeKind.REQUEST_ANSWERED]
        assert not now(request.id).is_unanswered

        sending.write(request, "O móvel", key=new_key(), side=Side.PARTNER, now=NOW, actor=actor)
        assert told() == []
        assert now(request.id).is_unanswered
        assert road.go(request.id, Move.TAKE).is_unanswered, "taking it answers nothing"

    def test_an_ended_request_takes_none(self, road, shop, actor) -> None:
        request = road.go(road.send(shop).request_id, Move.CANCEL)
        with pytest.raises(RequestRefused):
            sending.write(request, "Alô?", key=new_key(), side=Side.PARTNER, now=NOW, actor=actor)


class TestMoves:
    @pytest.mark.parametrize(("kind", "state"), [(kind, state) for kind, ways in TO.items() for state in ways])
    def test_every_state_is_reached_recorded_and_told(self, road, shop, kind, state) -> None:
        request = road.go(road.send(shop, kind).request_id, *TO[kind][state])
        assert (request.state, request.version) == (state, 1 + len(TO[kind][state]))
        entries = db.session.scalars(db.select(RequestEntry).order_by(RequestEntry.id)).all()
        assert entries[-1].state is state
        assert (request.ended_at is not None) is (state in {"done", "refused", "cancelled"})
        is_vendors = bool(TO[kind][state]) and state is not RequestState.CANCELLED
        assert [notice.subject_id for notice in told()] == ([entries[-1].id] if is_vendors else [])

    def test_the_same_form_twice_is_one_move_and_a_late_one_is_refused(self, road, shop, make) -> None:
        request = now(road.send(shop).request_id)
        order = road.order(Move.TAKE, request)
        first, again = service.move(request, order), service.move(now(request.id), order)
        assert (first.protocol, again.is_repeat) == (again.protocol, True)
        late = road.order(Move.REFUSE, now(request.id), text="Duplicada")
        road.actors[Side.VENDOR] = viewer_of(make.user(None, Role.OPERATOR))
        road.go(request.id, Move.TAKE_OVER)
        with pytest.raises(RequestRefused) as refused:
            money.leave(now(request.id), late)
        assert refused.value.why is Obstacle.CHANGED
        assert now(request.id).state is RequestState.ANALYSIS

    def test_the_reason_of_a_refusal_stands_in_the_record_and_on_the_line_of_time(self, road, shop) -> None:
        request = now(road.send(shop).request_id)
        done = money.leave(request, road.order(Move.REFUSE, request, text="Adquirente sem integração"))
        entry = db.session.scalars(db.select(RequestEntry).where(RequestEntry.move == Move.REFUSE)).one()
        assert entry.text == db.session.get_one(AuditEvent, done.protocol).reason == "Adquirente sem integração"

    def test_every_change_has_pages_that_browsers_kept_asked_for_again(self, road, shop, partner) -> None:
        seen = [db.session.get_one(Partner, partner.id).revision]
        request_id = road.send(shop).request_id
        for move in (Move.TAKE, Move.APPROVE, Move.CONCLUDE):
            road.go(request_id, move)
            seen.append(db.session.get_one(Partner, partner.id).revision)
        assert seen == sorted(set(seen))
        assert clock.local_date(NOW) == NOW.date()
