"""Texts of many kinds that networks are measured with and fitted to: none is of a user's document."""

from __future__ import annotations

# About two hundred tokens each: as long as chunks are, in both languages.
SAMPLE = (
    "第一条　为了规范公司的考勤与休假，根据国家有关规定，结合本公司的实际情况，制定本办法。"
    "第二条　员工每日工作八小时，每周工作五天；因工作需要加班的，应当事先填写加班申请单，经部门负责人批准后执行。"
    "第三条　员工连续工作满一年的，享受带薪年休假十天；满五年的，享受十五天，经批准可以顺延一个季度。",
    "The lease begins on the first of March and ends after three years, unless one of the parties gives notice in "
    "writing at least six months before that day. The rent is due on the third working day of each month. Repairs of "
    "the roof and the walls are borne by the owner, repairs of what is inside by the tenant, who tells of any damage.",
    "本季度营业收入为一百二十三亿元，比上年同期增长百分之十二；归属于上市公司股东的净利润为八亿六千万元，增长百分之七。"
    "收入增长主要来自海外市场的销量提高，毛利率下降一点二个百分点，原因是原材料价格上涨和新工厂尚在爬坡。"
    "期末存货余额较年初增加，系为第四季度的交付备货；经营活动产生的现金流量净额由负转正。",
    "We compare three ways of splitting a document into passages. Splitting at headings keeps what belongs together, "
    "but gives passages of very different lengths; splitting at a fixed number of words is simple and cuts sentences "
    "in two. The third way looks for the sentence where the subject changes. On most collections it finds the most.",
)

# What integers are fitted to: of other kinds and lengths than SAMPLE, which they are judged by.
OTHERS = (
    "高血压患者应当每日定时测量血压，并按医嘱服药；出现头晕、视物模糊或胸痛时，须立即就诊。妊娠期妇女禁用本品。",
    "query: 试用期最长可以约定几个月？",
    "| 项目 | 2023年 | 2022年 |\n|---|---|---|\n| 营业收入 | 1,234.56 | 1,102.30 |\n| 净利润 | 86.10 | 80.45 |",
    "passage: def area(radius: float) -> float:\n    return 3.14159 * radius ** 2  # square metres",
    "The committee met on 14 March 2019 in Geneva; Dr. O'Neill (chair), Ms. Kowalska and Mr. Tanaka were present.",
    "query: how long may the probation period last",
    "第三章 會員大會的召開，應於十五日前以書面通知全體會員，並載明會議的時間、地點與議程。逾期未通知者，決議無效。",
    "1. 打开电源。2. 按住“设置”键 3 秒，直到指示灯变绿。3. 在手机上选择网络“HOME-5G”，输入密码后点击“连接”。",
    "😀 ok",
    "passage: 长江发源于青藏高原，流经十一个省、自治区和直辖市，注入东海，全长约六千三百公里。"
    "流域面积占全国的五分之一。上游落差大，水力资源丰富；中游湖泊众多，汛期常有洪水；下游水网密布，航运发达。沿江有重庆、武汉、南京等大城市。"
    "1998年夏季的洪水造成重大损失，此后沿江各省退田还湖，加固堤防，并在上游恢复植被，减少泥沙。",
    "passage: The first railway through the valley was opened in 1874 by a company from the coast. It carried ore, "
    "timber and, from 1880, passengers; a fire destroyed the station of Kellberg in 1911, and it was rebuilt in brick. "
    "After the war the line was taken over by the state, lost its traffic to lorries, and closed on 30 September 1967. "
    "Today a cycle path follows most of the route, and the tunnel under the pass shelters bats in winter.",
    "passage: 甲方（出租人）：张伟　乙方（承租人）：Green Leaf Trading Ltd.　租赁期限自2024年1月1日起。"
    "月租金为人民币捌仟元整（¥8,000.00），乙方应于每月5日前支付至甲方指定账户；逾期超过十五日的，甲方有权解除合同，"
    "并要求乙方支付相当于两个月租金的违约金。本合同一式两份，双方各执一份，自签字之日起生效。",
    "passage: To install the driver, unpack the archive and run `setup --quiet` as an administrator. If the service "
    "does not start (error 0x80070005), check that the folder C:\\ProgramData\\Drivers is writable and that no other "
    "version is loaded; version 3.2.1 fixes a crash on systems with more than 64 cores. "
    "See section 4 for the options.",
    "We prove that every bounded sequence has a convergent subsequence; the proof bisects the interval.",
)
