"""稼働状況: judge what is known of the running system, in words that say what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from followup.rules.system_facts import COUNTED, SystemFacts
from outreach.rules.task_table import EVERY_MINUTE, TASKS, Queue, last_tick
from outreach.rules.wareki import format_wareki_at

SILENT = timedelta(minutes=5)
"""How long nothing may have run in a queue that has something to run every minute."""
PLAN_GRACE = timedelta(minutes=15)
"""How long after its time the planner may begin."""
WAITING_LIMIT = timedelta(minutes=30)
"""How long a mail whose time has come, an item or an entry's seal may wait for a worker."""
GIB = 1024**3


class State(StrEnum):
    WELL = "ok"
    WARNING = "warning"
    TROUBLE = "error"

    @property
    def label(self) -> str:
        return {"ok": "正常", "warning": "注意", "error": "異常"}[self.value]

    @property
    def tone(self) -> str:
        return {"ok": "success", "warning": "warning", "error": "error"}[self.value]

    @property
    def rank(self) -> int:
        return list(State).index(self)


@dataclass(frozen=True)
class Check:
    """One part of the system: how it is, and what to do where it is not well."""

    key: str
    label: str
    state: State
    told: str
    advice: str = field(default="")


def overall(checks: Sequence[Check]) -> State:
    return max((check.state for check in checks), key=lambda state: state.rank)


def judge(facts: SystemFacts) -> list[Check]:
    """Return the parts of the system in the order in which one looks for a cause."""
    return [
        _migrations(facts),
        _broker(facts),
        _cache(facts),
        _scheduler(facts),
        *(_workers(facts, queue) for queue in Queue),
        _plan(facts),
        _runs(facts),
        _outbox(facts),
        _unsent(facts),
        _work(facts),
        _seal(facts),
        _space(facts),
    ]


def _migrations(facts: SystemFacts) -> Check:
    if facts.unapplied_migrations:
        return Check(
            "database", "データベース", State.TROUBLE,
            f"応答していますが、未適用のマイグレーションが{facts.unapplied_migrations}件あります。",
            "控えを取ってから manage.py migrate を実行し、web と worker を起動し直してください。",
        )  # fmt: skip
    return Check(
        "database", "データベース", State.WELL, "応答しています。マイグレーションは全て適用済みです。"
    )


def _broker(facts: SystemFacts) -> Check:
    if facts.messages is None:
        return Check(
            "broker", "待ち行列（Redis）", State.TROUBLE,
            "応答がありません。画面は使えますが、メールの送信と裏の処理は始まりません。",
            "REDIS_URL の Redis が動いているか、接続できるかを確かめてください。戻れば自動で再開し、"
            "失われるものはありません。急ぐときは manage.py run_due で手で行えます。",
        )  # fmt: skip
    waiting = "、".join(f"{queue.label} {count}件" for queue, count in facts.messages.items())
    return Check("broker", "待ち行列（Redis）", State.WELL, f"応答しています。合図の待ち：{waiting}")


def _cache(facts: SystemFacts) -> Check:
    if facts.is_cache_there:
        return Check("cache", "キャッシュ", State.WELL, "応答しています。")
    return Check(
        "cache", "キャッシュ", State.TROUBLE,
        "応答がありません。回数の制限を数えられないため、ログインなどができません。",
        "CACHE_URL（なければ REDIS_URL）の Redis が動いているか、接続できるかを確かめてください。",
    )  # fmt: skip


def _started(facts: SystemFacts, names: Sequence[str]) -> list[tuple[str, timedelta]]:
    """Return how long ago each of these tasks began that have begun at all."""
    return [(name, facts.now - facts.tasks[name].started_at) for name in names if name in facts.tasks]


def _every_minute(queue: Queue | None = None) -> list[str]:
    return [
        name
        for name, plan in TASKS.items()
        if plan.schedule == EVERY_MINUTE and (queue is None or plan.queue == queue)
    ]


def _scheduler(facts: SystemFacts) -> Check:
    ages = [age for _name, age in _started(facts, _every_minute())]
    if ages and min(ages) <= SILENT:
        return Check("scheduler", "scheduler", State.WELL, f"合図が出ています（最後は{_ago(min(ages))}前）。")
    if facts.messages and any(facts.messages.values()):
        return Check(
            "scheduler", "scheduler", State.WARNING,
            "合図は待ち行列にありますが、受け取られていません。",
            "まず worker を確かめてください。動かしても変わらなければ、scheduler を起動し直してください。",
        )  # fmt: skip
    since = f"{_ago(min(ages))}前から合図がありません。" if ages else "合図がまだ一度もありません。"
    return Check(
        "scheduler", "scheduler", State.TROUBLE, since,
        "scheduler（celery beat）が動いているかを確かめ、止まっていれば起動してください。"
        "急ぐときは manage.py run_due で手で行えます。",
    )  # fmt: skip


def _workers(facts: SystemFacts, queue: Queue) -> Check:
    key, label = f"worker_{queue}", f"worker（{queue.label}）"
    ages = [age for _name, age in _started(facts, _every_minute(queue))]
    if ages and min(ages) <= SILENT:
        return Check(key, label, State.WELL, f"動いています（最後の仕事は{_ago(min(ages))}前）。")
    busy = [name for name in facts.running if name in TASKS and TASKS[name].queue == queue]
    if busy:
        labels = "、".join(TASKS[name].label for name in busy)
        return Check(key, label, State.WELL, f"仕事中です（{labels}）。終わるまで次の合図を受け取りません。")
    since = f"{_ago(min(ages))}前から動いていません。" if ages else "まだ一度も動いていません。"
    return Check(
        key, label, State.TROUBLE, since,
        f"待ち行列「{queue}」の worker が動いているかを確かめ、止まっていれば起動してください。"
        "scheduler が止まっているときも、こう表示されます。",
    )  # fmt: skip


def _plan(facts: SystemFacts) -> Check:
    key, label = "plan", "督促の計画"
    plan = facts.tasks.get("plan_reminders")
    schedule = EVERY_MINUTE if facts.is_rehearsal else TASKS["plan_reminders"].schedule
    due = last_tick(schedule, facts.now - PLAN_GRACE) if schedule else facts.now
    if plan and plan.error:
        return Check(
            key, label, State.TROUBLE,
            f"最後の計画は失敗しました（{plan.error}）。最後にうまくいったのは、{_when(plan.well_at)}です。",
            "次の時刻にもう一度計画し、抜けた分は拾い直します。続くときは、システム管理者がログを確かめてください。",
        )  # fmt: skip
    if plan is None or plan.well_at is None or plan.well_at < due:
        last = _when(plan.well_at if plan else None)
        return Check(
            key, label, State.TROUBLE,
            f"{format_wareki_at(due)}の計画が行われていません（最後は{last}）。",
            "scheduler と worker（計画）を確かめてください。manage.py plan_reminders で今すぐ計画できます。"
            "止まっていた間の分も拾い直します。",
        )  # fmt: skip
    return Check(key, label, State.WELL, f"最後の計画は{_when(plan.well_at)}（{plan.done}件）です。")


def _when(instant: datetime | None) -> str:
    return format_wareki_at(instant) if instant else "記録なし"


def _runs(facts: SystemFacts) -> Check:
    failing = [TASKS[name].label for name, task in facts.tasks.items() if task.error and name in TASKS]
    if not failing and not facts.died:
        return Check("runs", "定時の仕事", State.WELL, "最後の実行は全て終わっています。")
    told = [f"最後の実行に失敗：{'、'.join(failing)}。"] if failing else []
    if facts.died:
        told.append(f"終わりの記録がない実行が、この一日に{facts.died}件あります。")
    return Check(
        "runs", "定時の仕事", State.WARNING, "".join(told),
        "「仕事の実行」でエラーの種類と時刻を見て、同じ時刻のログを確かめてください。終わりの記録がないものは、"
        "worker が外から止められたか、メモリーが足りなかったものです。仕事は次の回がやり直します。",
    )  # fmt: skip


def _outbox(facts: SystemFacts) -> Check:
    outbox = facts.outbox
    waiting = f"送信時刻が来て待つもの {_counted(outbox.due)}、これからのもの {_counted(outbox.later)}"
    if outbox.oldest > WAITING_LIMIT:
        return Check(
            "outbox", "送信箱", State.TROUBLE,
            f"送信時刻が来てから{_ago(outbox.oldest)}待っているメールがあります（{waiting}）。",
            "worker（メール）とメールサーバー（EMAIL_URL）を確かめてください。戻れば古いものから自動で送ります。",
        )  # fmt: skip
    return Check("outbox", "送信箱", State.WELL, f"{waiting}。")


def _unsent(facts: SystemFacts) -> Check:
    states = facts.outbox.states
    failed, in_doubt = states.get("failed", 0), states.get("in_doubt", 0)
    told = f"要対応 {_counted(failed)}、送達未確認 {_counted(in_doubt)}"
    if failed:
        return Check(
            "unsent", "送れなかったメール", State.WARNING, f"{told}。",
            "「送信メール」で理由を見て、宛先を直してから再送するか、取りやめてください。",
        )  # fmt: skip
    return Check("unsent", "送れなかったメール", State.WELL, f"{told}。")


def _work(facts: SystemFacts) -> Check:
    told = "、".join(f"{work.label} {work.queued + work.running}件" for work in facts.work)
    late = [work.label for work in facts.work if work.oldest > WAITING_LIMIT]
    failed = [f"{work.label} {work.failed}件" for work in facts.work if work.failed]
    if late:
        return Check(
            "work", "裏の作成と取込み", State.TROUBLE,
            f"30分を超えて待っているものがあります：{'、'.join(late)}。",
            "worker（ファイル）を確かめてください。動いていて追い付かないときは、数を増やしてください。",
        )  # fmt: skip
    if failed:
        return Check(
            "work", "裏の作成と取込み", State.WARNING,
            f"この一日に失敗したものがあります：{'、'.join(failed)}。",
            "理由は依頼した方の画面にも出ています。同じ理由が続くときは、ログを確かめてください。",
        )  # fmt: skip
    return Check("work", "裏の作成と取込み", State.WELL, f"済んでいないもの：{told}。")


def _seal(facts: SystemFacts) -> Check:
    if facts.unsealed_for > WAITING_LIMIT:
        return Check(
            "seal", "記録の封印", State.TROUBLE,
            f"{_ago(facts.unsealed_for)}前からの記録が、まだ連鎖につながっていません。",
            "scheduler と worker（計画）を確かめてください。戻れば自動でつなぎます。",
        )  # fmt: skip
    return Check("seal", "記録の封印", State.WELL, "記録は連鎖につながっています。")


def _space(facts: SystemFacts) -> Check:
    key, label = "space", "ファイルの置き場"
    advice = "不要なファイルを移すか、容量を増やしてください。期限を過ぎたブックは毎時自動で消えます。"
    if facts.space is None:
        advice = "OUTREACH_MEDIA の場所がつながっていて、書き込めるかを確かめてください。"
        return Check(key, label, State.TROUBLE, "置き場が見付かりません。", advice)
    free, total = facts.space.free, facts.space.total
    told = f"空きは{free / GIB:,.1f} GB（{free * 100 // max(total, 1)}％）です。"
    if free < GIB or free * 20 < total:
        return Check(key, label, State.TROUBLE, told, advice)
    if free < 5 * GIB or free * 10 < total:
        return Check(key, label, State.WARNING, told, advice)
    return Check(key, label, State.WELL, told)


def _counted(count: int) -> str:
    return f"{COUNTED:,}件以上" if count >= COUNTED else f"{count:,}件"


def _ago(age: timedelta) -> str:
    """Return a length of time in the largest unit that it fills."""
    return next(_units(max(int(age.total_seconds()), 0)))


def _units(seconds: int) -> Iterator[str]:
    for length, unit in ((86_400, "日"), (3_600, "時間"), (60, "分")):
        if seconds >= length:
            yield f"{seconds // length}{unit}"
    yield f"{seconds}秒"
