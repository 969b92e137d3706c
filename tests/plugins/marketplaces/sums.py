"""What must hold of every order's amounts, whichever platform it is from."""

from core.marketplace.records import OrderRecord


def assert_adds_up(record: OrderRecord) -> None:
    """Lines and freight are what was paid; goods less discount are the lines."""
    lines = sum(line.amount for line in record.lines)
    goods = sum(line.unit_price * line.quantity for line in record.lines)
    assert lines + record.freight == record.paid_amount
    assert goods == record.items_amount
    assert max(0, goods - lines) == record.discount
    assert all(line.amount >= 0 for line in record.lines)
    if record.paid_at is not None:
        assert record.paid_amount == sum(payment.amount for payment in record.payments)
