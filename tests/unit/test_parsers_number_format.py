"""Numbers and dates look as the spreadsheet shows them."""

import datetime

import pytest

from ingest.parsers.number_format import date_shown, is_date_format, number_shown

MOMENT = datetime.datetime(2024, 3, 5, 14, 7, 9)
ACCOUNTING = '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ '


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (0.1 + 0.2, "General", "0.3"),
        (20240101, "@", "20240101"),
        (13812345678901, "General", "13812345678901"),
        (0.153, "0.0%", "15.3%"),
        (1234.5, "#,##0.00", "1,234.50"),
        (-1234.5, "#,##0.00_);[Red](#,##0.00)", "(1,234.50)"),
        (1200, '"¥"#,##0.00', "¥1,200.00"),
        (1200, "[$¥-804]#,##0", "¥1,200"),
        (-8, "¥#,##0.00;¥-#,##0.00", "¥-8.00"),
        (12345678, '#,##0,"千元"', "12,346千元"),
        (123, "000000", "000123"),
        (0.05, "#.##", ".05"),
        (2.5, "0", "3"),
        (-2.5, "0", "-3"),
        (-0.001, "0.00", "0.00"),
        (0, '0.00;-0.00;"-"', "-"),
        (5, ACCOUNTING, "5.00"),
        (0, ACCOUNTING, "-"),
        (7, '0"人"', "7人"),
        (1.5, 'General"元"', "1.5元"),
        (50, '[>=100]0"高";0"低"', "50低"),
        (150, '[>=100]0"高";0"低"', "150高"),
        (0.5, "# ?/?", "0.5"),
        (12345.678, "0.00E+00", "1.23E+4"),
        (13812345678, "000-0000-0000", "13812345678"),
        (float("inf"), "0.00", "inf"),
        (3, "", "3"),
    ],
)
def test_numbers(value, code, text):
    assert number_shown(value, code) == text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("mm-dd-yy", "2024-03-05"),
        ("m/d/yy h:mm", "2024-03-05 14:07"),
        ('yyyy"年"m"月"d"日"', "2024年3月5日"),
        ("[$-804]yyyy/m/d h:mm", "2024/3/5 14:07"),
        ("yyyy\\-mm\\-dd\\ hh:mm:ss", "2024-03-05 14:07:09"),
        ("yyyy-mm-dd;@", "2024-03-05"),
        ("[DBNum1][$-804]yyyy年m月", "2024年3月"),
        ("h:mm AM/PM", "2:07 PM"),
        ('上午/下午h"时"mm"分"', "下午2时07分"),
        ("d-mmm-yy", "5-Mar-24"),
        ("dddd aaaa", "Tuesday 星期二"),
        ("mm:ss", "07:09"),
        ("[$-F800]dddd, mmmm dd, yyyy", "2024-03-05 14:07:09"),
        ("General", "2024-03-05 14:07:09"),
    ],
)
def test_dates(code, text):
    assert date_shown(MOMENT, code) == text


def test_days_times_and_spans():
    assert date_shown(MOMENT.date(), "General") == "2024-03-05"
    assert date_shown(datetime.time(9, 5), "h:mm") == "9:05"
    assert date_shown(datetime.time(9, 5), "General") == "9:05"
    assert date_shown(datetime.timedelta(hours=30, minutes=-1), "[h]:mm:ss") == "29:59:00"
    assert date_shown(datetime.timedelta(seconds=-90), "[h]:mm:ss") == "-0:01:30"


@pytest.mark.parametrize("code", ["yyyy", "[h]:mm", "d", "aaaa", "[Red]h"])
def test_dates_are_told(code):
    assert is_date_format(code)


@pytest.mark.parametrize("code", ["", "General", "#,##0.00", '0.0"days"', "[Red]0.0", "[$¥-804]0", "0.00E+00", "@"])
def test_numbers_are_told(code):
    assert not is_date_format(code)
